/** An emulator of OpenAI's Responses API for background runs: demo, tests, and your own CI. Its answers are synthetic. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FaultPlan, type FaultRule } from './faults';
import { send } from './answer';
import { serve, type ServerState } from './server';
import { statusAt } from './lifecycle';
import { Store } from './store';
import { ApiError, type Ledger } from './types';

export type { FaultRule } from './faults';
export type { CallRow, CreateRow, Ledger } from './types';
export { SCENARIOS } from './scenarios';

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
}

export interface Emulator {
  /** Base URL for a client, ending in `/v1`. */
  url: string;
  port: number;
  ledger(): Ledger;
  /** Every response that was created, with its status now. */
  statuses(): Promise<Record<string, string>>;
  setFaults(rules: FaultRule[]): void;
  /** How often each rule of the plan has fired. */
  faultsFired(): number[];
  /** Files that were uploaded and not deleted. */
  liveFiles(): string[];
  /** Containers that were not deleted. */
  liveContainers(): string[];
  /** Stops at once; open connections are cut. */
  close(): Promise<void>;
}

async function statusesOf(state: ServerState): Promise<Record<string, string>> {
  const nowMs = await state.now();
  return Object.fromEntries(
    [...state.store.responses.values()].map((response) => [response.id, statusAt(response, nowMs)]),
  );
}

/** `/emulator/...`: for tests and people, without a key. */
async function serveAdmin(state: ServerState, request: IncomingMessage, reply: ServerResponse): Promise<void> {
  const path = request.url ?? '';
  if (path === '/emulator/ledger') return send(reply, { status: 200, body: { ...state.store.ledger() } });
  if (path === '/emulator/health') return send(reply, { status: 200, body: { ok: true } });
  if (path === '/emulator/responses') return send(reply, { status: 200, body: await statusesOf(state) });
  if (path === '/emulator/faults' && request.method === 'POST') {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    state.plan = new FaultPlan(JSON.parse(Buffer.concat(chunks).toString('utf8')) as FaultRule[], 1);
    return send(reply, { status: 200, body: { ok: true } });
  }
  send(reply, { status: 404, body: new ApiError(404, 'No such page of the emulator.').body() });
}

function handlerOf(state: ServerState) {
  return (request: IncomingMessage, reply: ServerResponse): void => {
    const admin = (request.url ?? '').startsWith('/emulator/');
    (admin ? serveAdmin(state, request, reply) : serve(state, request, reply)).catch((error: unknown) => {
      const known = error instanceof ApiError ? error : new ApiError(400, String(error));
      if (!reply.headersSent) send(reply, { status: known.status, body: known.body() });
    });
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

/** Starts an emulator. @throws FaultPlanError for a bad fault plan; the system's error when the port is taken. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { host = '127.0.0.1', seed = 1, clock = Date } = options;
  const state: ServerState = {
    store: new Store(options.stateFile),
    profile: options.profile ?? 'openai',
    timeScale: options.timeScale ?? 1,
    plan: new FaultPlan(options.faults ?? [], seed),
    now: async () => clock.now(),
  };
  const server = createServer(handlerOf(state));
  await listen(server, options.port ?? 0, host);
  const { port } = server.address() as AddressInfo;
  const live = (items: Iterable<{ id: string; deleted: boolean }>) =>
    [...items].filter((i) => !i.deleted).map((i) => i.id);
  return {
    url: `http://${host}:${port}/v1`,
    port,
    ledger: () => state.store.ledger(),
    statuses: () => statusesOf(state),
    setFaults: (rules) => void (state.plan = new FaultPlan(rules, seed)),
    faultsFired: () => [...state.plan.fired],
    liveFiles: () => live(state.store.files.values()),
    liveContainers: () => live(state.store.containers.values()),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
