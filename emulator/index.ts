/** An emulator of OpenAI's Responses API for background runs: demo, tests, and your own CI. Its answers are synthetic. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Alarm } from './alarm';
import { liveOf, serveAdmin, statusesOf, tick, type AdminState } from './admin';
import { send } from './answer';
import { SizedCache } from './cache';
import { toApiError } from './errors';
import { FaultPlan, type FaultRule } from './faults';
import type { Ledger } from './ledger';
import { LimitGuard, type AccountLimits } from './limits';
import { serve } from './server';
import { Store } from './store';
import { parseWebhooks, type WebhookEndpoint } from './webhook-endpoints';
import { WebhookSender } from './webhooks';

export { FaultPlanError, parseFaults, type Fault, type FaultRule } from './faults';
export type { CallRow, ContainerRow, CreateRow, FileRow, Ledger, VectorStoreRow } from './ledger';
export type { StreamRow } from './stream-log';
export { inFlight, maxInFlight, type InFlightPoint } from './in-flight';
export type { AccountLimits } from './limits';
export { SCENARIOS } from './scenarios';
export { parseWebhooks, WebhookEndpointsError, type WebhookEndpoint } from './webhook-endpoints';
export type { WebhookAttempt, WebhookRow } from './webhook-log';

export interface EmulatorOptions {
  /** Default 127.0.0.1: it is not meant for others. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** State survives a restart in this file (one JSON entry a line). Default: memory only. */
  stateFile?: string;
  faults?: FaultRule[];
  /** For rules with a `probability`: the same seed gives the same run. Default 1. */
  seed?: number;
  /** Milliseconds since the epoch. Default: the machine's. */
  clock?: { now(): number | Promise<number> };
  /** How cancels of ended responses are answered. */
  profile?: 'openai' | 'azure';
  /** Scripted durations are divided by this. Default 1. */
  timeScale?: number;
  /** Durations of runs whose request and scenario set none. Default 0.3 s queued, 2 to 4 s running. */
  defaultSeconds?: { queued?: number; run?: number };
  /** Keys that are let in. Default: every `sk-...` but `sk-wrong...`. */
  keys?: readonly string[];
  /** Over them, calls are answered 429. Default: none. */
  limits?: AccountLimits;
  /** Told of the ends of background runs. */
  webhooks?: WebhookEndpoint[];
}

export interface Emulator {
  /** Base URL for a client, ending in `/v1`. */
  url: string;
  port: number;
  ledger(): Ledger;
  /** Every response that was created, with its status now. */
  statuses(): Promise<Record<string, string>>;
  /** Replaces the fault plan. @throws FaultPlanError */
  setFaults(rules: FaultRule[]): void;
  /** Replaces the endpoints of webhooks. @throws WebhookEndpointsError */
  setWebhooks(endpoints: WebhookEndpoint[]): Promise<void>;
  /**
   * Looks at the clock, and does what is due by it: readers of streams are called, and webhooks are sent. Resolves when
   * these have been answered, or not.
   */
  tick(): Promise<void>;
  /** How often each rule of the plan has fired. */
  faultsFired(): number[];
  /** Files that were uploaded and not deleted. */
  liveFiles(): string[];
  /** Containers that were not deleted. */
  liveContainers(): string[];
  /** Vector stores that were not deleted and have not expired; a clock that answers later is taken as it last was. */
  liveVectorStores(): string[];
  /** Stops at once; open connections are cut. */
  close(): Promise<void>;
}

/** Bodies of ended responses that are kept ready, in bytes. */
const CACHE_BYTES = 64 * 1024 * 1024;

/** Longer than any poll interval here, so that a connection is not closed under a request that is on its way. */
const KEEP_ALIVE_MS = 75_000;

/** Room for a burst of 500 runs that all connect at once. */
const BACKLOG = 4096;

/** The clock, and its latest reading for what cannot wait. */
function timesOf(clock: NonNullable<EmulatorOptions['clock']>): Pick<AdminState, 'now' | 'latestMs'> {
  let latestMs = 0;
  return {
    now: async () => (latestMs = await clock.now()),
    latestMs: () => {
      const nowMs = clock.now();
      if (typeof nowMs === 'number') return nowMs;
      nowMs.catch(() => undefined);
      return latestMs;
    },
  };
}

function makeState(options: EmulatorOptions, stopping: AbortSignal): AdminState {
  const { seed = 1, clock = Date, profile = 'openai', timeScale = 1, defaultSeconds = {}, keys } = options;
  if (!(timeScale > 0)) throw new RangeError(`timeScale must be a number above 0, not ${timeScale}.`);
  // First, so that a bad plan leaves no open file.
  const plan = new FaultPlan(options.faults ?? [], seed);
  parseWebhooks(options.webhooks ?? []);
  const store = new Store(options.stateFile);
  const times = timesOf(clock);
  const state = {
    store,
    limits: new LimitGuard(options.limits ?? {}, store),
    profile,
    keys,
    pace: { timeScale, queuedSeconds: defaultSeconds.queued, runSeconds: defaultSeconds.run },
    bodies: new SizedCache(CACHE_BYTES),
    seed,
    plan,
    stopping,
    alarm: new Alarm(times.now, clock === Date),
    ...times,
  };
  return Object.assign(state, { webhooks: new WebhookSender(state) });
}

function handlerOf(state: AdminState) {
  return (request: IncomingMessage, reply: ServerResponse): void => {
    const isAdmin = (request.url ?? '').startsWith('/emulator/');
    (isAdmin ? serveAdmin(state, request, reply) : serve(state, request, reply)).catch((error: unknown) => {
      // Who has hung up, or whom the stopping emulator hangs up on, gets nothing.
      if (reply.destroyed || state.stopping.aborted) return;
      // Half an answer must not look like a whole one.
      if (reply.headersSent) return void reply.destroy();
      const known = toApiError(error);
      send(reply, { status: known.status, body: known.body() });
    });
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, resolve);
  });
}

/** Starts an emulator. @throws FaultPlanError, WebhookEndpointsError for bad ones; the system's error when the port is taken. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { host = '127.0.0.1' } = options;
  const stopping = new AbortController();
  const state = makeState(options, stopping.signal);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, handlerOf(state));
  try {
    await listen(server, options.port ?? 0, host);
    await state.webhooks.configure(options.webhooks ?? []);
  } catch (error) {
    server.close();
    state.alarm.close();
    state.store.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const { store } = state;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1`,
    port,
    ledger: () => store.ledger(),
    statuses: () => statusesOf(state),
    setFaults: (rules) => void (state.plan = new FaultPlan(rules, state.seed)),
    setWebhooks: (endpoints) => state.webhooks.configure(endpoints),
    tick: () => tick(state),
    faultsFired: () => state.plan.fired(),
    liveFiles: () => liveOf(state).files,
    liveContainers: () => liveOf(state).containers,
    liveVectorStores: () => liveOf(state).vectorStores,
    close: () =>
      new Promise((resolve) => {
        stopping.abort();
        state.alarm.close();
        store.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
