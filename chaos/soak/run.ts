/** One soak: a place, a plan, the chaos, the calm after it, and the verdict. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DurableResponses } from '../../src/client';
import { loadConfig } from '../../src/config';
import { withPlace, type Place } from '../place';
import { Driver } from './drive';
import { judge, type Soaked, type Verdict } from './judge';
import { keepBroken } from './keep';
import { planSoak, type SoakPlan } from './plan';
import { CANARIES, TOKEN_NAME } from './secrets';
import { UpstreamTrouble } from './trouble';

const WORKERS = 2;

/**
 * Everything must have ended so long after the last fault: the longest run (40 s), after a create that upstream has put
 * off for a minute, and what a lost worker held, which is noticed after 100 s at most.
 */
const SETTLE_MS = 240_000;

/** Of every program and of the client: payloads are encrypted, so that a prompt on the server is a broken promise. */
const settings = () => ({
  OPENAI_API_KEY: CANARIES['API key'],
  DURABLE_RESPONSES_ENCRYPTION: 'on',
  DURABLE_RESPONSES_ENCRYPTION_KEYS: `chaos:${randomBytes(32).toString('base64')}`,
  DURABLE_RESPONSES_WEBHOOK: '1',
  DURABLE_RESPONSES_LOG_LEVEL: 'INFO',
  [TOKEN_NAME]: CANARIES['MCP token'],
});

export interface SoakOptions {
  seed: number;
  seconds: number;
  /** A worker that is broken on purpose: a program, and its settings. */
  worker?: (place: Place) => Promise<{ file: string; env: Record<string, string> }>;
  say?: (text: string) => void;
}

const sessionIn = ({ serverAddress, emulatorUrl, storeDir }: Place, shared: Record<string, string>) =>
  DurableResponses.connect({
    config: loadConfig({
      ...shared,
      TEMPORAL_ADDRESS: serverAddress,
      OPENAI_BASE_URL: emulatorUrl,
      DURABLE_RESPONSES_STORE: storeDir,
    }),
  });

/** The list of the server is a moment behind, after a kill by much: it has to have all that was accepted. */
async function listsAll({ temporal }: DurableResponses, accepted: ReadonlySet<string>): Promise<boolean> {
  const missing = new Set(accepted);
  for await (const { workflowId } of temporal.workflow.list({ pageSize: 1000 })) missing.delete(workflowId);
  return missing.size === 0;
}

/** Waits until nothing is open, twice in a row; gives the seconds. */
async function settle(session: DurableResponses, accepted: ReadonlySet<string>): Promise<number> {
  const startMs = Date.now();
  for (let calm = 0; Date.now() - startMs < SETTLE_MS; await sleep(1000)) {
    const { count } = await session.temporal.workflow.count("ExecutionStatus = 'Running'");
    calm = count === 0 ? calm + 1 : 0;
    if (calm >= 2 && (await listsAll(session, accepted))) break;
  }
  return (Date.now() - startMs) / 1000;
}

async function soakIn(place: Place, plan: SoakPlan, shared: Record<string, string>, options: SoakOptions) {
  const { worker, say = () => undefined } = options;
  const program = await worker?.(place);
  const workers = Array.from({ length: WORKERS }, () => place.newWorker(program));
  await Promise.all([...workers.map((one) => one.start()), place.receiver.start()]);
  const session = await sessionIn(place, shared);
  try {
    const trouble = new UpstreamTrouble(place);
    const driven = await new Driver(session, { place, workers, trouble }, plan).run();
    say('healed');
    const settledSeconds = await settle(session, driven.accepted);
    say(`settled after ${settledSeconds.toFixed(0)} s`);
    const soaked: Soaked = { place, session, plan, driven, fired: trouble.fired, settledSeconds };
    const verdict = await judge(soaked);
    await keepBroken(soaked, verdict);
    return { soaked, verdict };
  } finally {
    await session.close();
  }
}

/** Runs the plan of a seed and judges it. */
export function runSoak(options: SoakOptions): Promise<{ soaked: Soaked; verdict: Verdict }> {
  const shared = settings();
  const plan = planSoak(options.seed, options.seconds);
  return withPlace({ settings: shared }, (place) => soakIn(place, plan, shared, options));
}
