/** Many streams at once on one worker, and the same runs by looks. */
import { createHash } from 'node:crypto';
import type { Response } from 'openai/resources/responses/responses';
import type { Ledger } from '../../emulator';
import { startTaskWorkflow } from '../../src/client/start';
import type { TaskInput, TaskResult } from '../../src/contracts';
import { DEFAULT_TASK_QUEUE } from '../../src/names';
import { percentile } from '../percentile';
import { withPlace, type Place } from '../scale/place';
import { random } from '../scale/plan';

export const STREAM_MODES = ['stream', 'poll'] as const;
export type StreamMode = (typeof STREAM_MODES)[number];

export interface StreamsPlan {
  count: number;
  minSeconds: number;
  maxSeconds: number;
}

export interface StreamsFigures {
  wallSeconds: number;
  lagP50Seconds: number;
  lagP99Seconds: number;
  lagMaxSeconds: number;
  creates: number;
  /** Tasks that had to be watched in another way than asked for. */
  fallbacks: number;
  /** Results whose text is not that of the response upstream. */
  wrongTexts: number;
  connections: number;
  /** Connections open at once, the most. */
  openAtOnce: number;
  eventsSent: number;
  gets: number;
  workerMegabytes: number;
  workerCpuSeconds: number;
  serverCpuSeconds: number;
  emulatorCpuSeconds: number;
}

/** A piece of text of the emulator. */
const DELTA_BYTES = 64;

/** The same in both modes, but for the mode. */
function tasksOf({ count, minSeconds, maxSeconds }: StreamsPlan, mode: StreamMode): TaskInput[] {
  const draw = random(1);
  return Array.from({ length: count }, (_, i) => {
    const seconds = minSeconds + (maxSeconds - minSeconds) * draw();
    const metadata = {
      emulator_queued_seconds: '0.5',
      emulator_run_seconds: seconds.toFixed(2),
      emulator_output_bytes: String(DELTA_BYTES * Math.round(seconds)),
    };
    return { request: { model: 'o3', input: `Text number ${i}.`, metadata }, options: { watch: mode } };
  });
}

const hashOf = (text: string | null): string =>
  createHash('sha256')
    .update(text ?? '')
    .digest('hex');

/** As upstream has it, without any code of ours in between. */
async function textUpstream({ settings }: Place, responseId: string | null): Promise<string> {
  const headers = { authorization: `Bearer ${settings.OPENAI_API_KEY}` };
  const reply = await fetch(`${settings.OPENAI_BASE_URL}/responses/${responseId}`, { headers });
  const { output } = (await reply.json()) as Response;
  const parts = output.flatMap((item) => (item.type === 'message' ? item.content : []));
  return parts.map((part) => (part.type === 'output_text' ? part.text : '')).join('');
}

async function wrongTextsIn(place: Place, results: TaskResult[]): Promise<number> {
  let wrong = 0;
  for (const { outputText, responseId } of results) {
    if (!outputText || hashOf(outputText) !== hashOf(await textUpstream(place, responseId))) wrong++;
  }
  return wrong;
}

/** The most that were open at one moment. */
function openAtOnce({ streams }: Ledger): number {
  const changes = streams
    .filter(({ op }) => op === 'stream')
    .flatMap(({ at, endedAt }) => [[at, 1] as const, [endedAt ?? Infinity, -1] as const])
    .sort(([a, up], [b, down]) => a - b || up - down);
  let [open, most] = [0, 0];
  for (const [, change] of changes) most = Math.max(most, (open += change));
  return most;
}

function lagsIn({ creates }: Ledger, results: TaskResult[]): number[] {
  const endedAt = new Map(creates.map(({ id, endedAt: at }) => [id, at ?? NaN]));
  return results.map(
    ({ responseId, timings }) => (Date.parse(timings.detected ?? '') - (endedAt.get(responseId ?? '') ?? NaN)) / 1000,
  );
}

async function runIn(place: Place, plan: StreamsPlan, mode: StreamMode): Promise<StreamsFigures> {
  await place.worker.start();
  const { client, meters } = place;
  const context = { client, taskQueue: DEFAULT_TASK_QUEUE, searchAttributes: true };
  const beganMs = Date.now();
  const ids = await Promise.all(
    tasksOf(plan, mode).map(async (task, i) => (await startTaskWorkflow(context, `${mode}-${i}`, task)).id),
  );
  const results = await Promise.all(ids.map((id) => client.workflow.getHandle(id).result() as Promise<TaskResult>));
  const wallSeconds = (Date.now() - beganMs) / 1000;
  const [worker, server, emulator] = await Promise.all([
    meters.worker.stop(),
    meters.server.stop(),
    meters.emulator.stop(),
  ]);
  const ledger = await place.fromEmulator<Ledger>('ledger');
  const lags = lagsIn(ledger, results);
  return {
    wallSeconds,
    lagP50Seconds: percentile(lags, 0.5),
    lagP99Seconds: percentile(lags, 0.99),
    lagMaxSeconds: percentile(lags, 1),
    creates: ledger.creates.length,
    fallbacks: results.filter(({ watched }) => watched.fallbacks.length > 0).length,
    wrongTexts: await wrongTextsIn(place, results),
    connections: ledger.streams.length,
    openAtOnce: openAtOnce(ledger),
    eventsSent: ledger.streams.reduce((sum, { events }) => sum + events, 0),
    gets: ledger.calls.filter(({ op }) => op === 'retrieve').length,
    workerMegabytes: worker.peakMegabytes,
    workerCpuSeconds: worker.cpuSeconds,
    serverCpuSeconds: server.cpuSeconds,
    emulatorCpuSeconds: emulator.cpuSeconds,
  };
}

/** Fresh servers for each: the one before must not have warmed or filled them. */
export function measureStreams(plan: StreamsPlan, mode: StreamMode): Promise<StreamsFigures> {
  const env = { DURABLE_RESPONSES_MAX_STREAMS: String(plan.count) };
  return withPlace(1, (place) => runIn(place, plan, mode), env);
}
