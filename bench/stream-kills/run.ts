/** One task that is followed by its stream, and whose worker is killed at a moment that a seed chooses. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../emulator';
import { tailTask } from '../../src/client/tail';
import type { FollowHeartbeat, TailEvent, TaskInput, TaskResult, UpstreamEvent } from '../../src/contracts';
import { EventCursor } from '../../src/stream/event-cursor';
import { createUpstream, type Upstream } from '../../src/upstream';
import { until } from '../limits/batches';
import type { Place } from '../scale/place';
import { random } from '../scale/plan';
import type { KilledRun } from './verdict';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

type Row = Ledger['streams'][number];

/** All that is needed for one run; its worker serves it alone. */
class Run {
  readonly id: string;
  readonly upstream: Upstream;
  readonly told: TailEvent[] = [];

  constructor(
    readonly place: Place,
    readonly seed: number,
  ) {
    this.id = `killed-${seed}`;
    this.upstream = createUpstream({ apiKey: 'sk-bench', baseURL: place.emulatorUrl });
  }

  handle() {
    return this.place.client.workflow.getHandle(this.id);
  }

  async start(seconds: number): Promise<void> {
    const times = { emulator_queued_seconds: '0', emulator_run_seconds: String(seconds) };
    const metadata = { ...times, emulator_output_bytes: '20000' };
    const request = { model: 'o3', input: `Prompt of seed ${this.seed}.`, metadata };
    const task: TaskInput = { request, options: { watch: 'stream' } };
    const options = { taskQueue: this.id, workflowId: this.id, args: [task] };
    await this.place.client.workflow.start('responseTask', options);
  }

  async watch(): Promise<void> {
    const { client, store } = this.place;
    const server = { client: () => client, renew: () => Promise.resolve() };
    const deps = { ...server, store, upstream: () => Promise.resolve(this.upstream) };
    for await (const event of tailTask(deps, this.id, {})) this.told.push(event);
  }

  /** Of this task's streams, those by GET. */
  async streams(): Promise<Row[]> {
    const { streams } = await this.place.fromEmulator<Ledger>('ledger');
    return streams.filter(({ op, task }) => op === 'stream' && task === this.id);
  }

  /** What the server has of the follower; null before its first heartbeat, and after the end. */
  async heartbeat(): Promise<{ details: FollowHeartbeat; attempt: number } | null> {
    const { raw } = await this.handle().describe();
    const pending = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'followResponse');
    const data = pending?.heartbeatDetails?.payloads?.[0]?.data;
    if (!pending || !data) return null;
    return { details: JSON.parse(Buffer.from(data).toString()) as FollowHeartbeat, attempt: pending.attempt ?? 0 };
  }
}

/** The place of a reader who has read upstream's own events up to a number. */
async function tailUpTo(run: Run, responseId: string, number: number): Promise<string> {
  const cursor = new EventCursor();
  const options = { startingAfter: null, include: [], signal: AbortSignal.timeout(60_000) };
  const events: AsyncIterable<UpstreamEvent> = run.upstream.events(responseId, options);
  for await (const event of events) {
    if ((event.sequence_number ?? 0) > number) break;
    cursor.take(event);
  }
  return cursor.textTail;
}

/** The last heartbeat of the second attempt that is further than where it began; null when it ended before one. */
async function placeOfSecond(run: Run, from: number, isOver: () => boolean): Promise<FollowHeartbeat | null> {
  while (!isOver()) {
    const found = await run.heartbeat();
    if (found && found.attempt > 1 && (found.details.cursor ?? 0) > from) return found.details;
    await sleep(250);
  }
  return null;
}

/** Kills the worker, starts another, and waits until the stream is read on, or the task has ended without that. */
async function killAndResume(run: Run, worker: ReturnType<Place['newWorker']>, isOver: () => boolean) {
  const known = (await run.heartbeat())?.details.cursor ?? null;
  const before = (await run.streams()).length;
  await worker.kill();
  const killedAtMs = Date.now();
  let readyAtMs = NaN;
  const starting = worker.start().then(() => (readyAtMs = Date.now()));
  let resumed: Row | undefined;
  await until('the stream is read on', async () => {
    const rows = await run.streams();
    resumed = rows[before];
    return resumed !== undefined || isOver();
  });
  await starting;
  return { known, killedAtMs, readyAtMs, resumed };
}

/** The followers' connections begin where the create was left; that of the viewer at the beginning. */
const ofFollower = ({ startingAfter }: Row): boolean => startingAfter !== null;

export async function killedRun(place: Place, seed: number, seconds: number): Promise<KilledRun> {
  const run = new Run(place, seed);
  const worker = place.newWorker({ DURABLE_RESPONSES_TASK_QUEUE: run.id });
  await worker.start();
  await run.start(seconds);
  let isOver = false;
  const watching = run.watch().finally(() => (isOver = true));
  watching.catch(() => undefined);
  await until('it is followed and viewed', async () => {
    const rows = await run.streams();
    return rows.some(ofFollower) && !rows.every(ofFollower);
  });
  await sleep(1000 * random(seed)() * (seconds - 2));
  const { resumed, ...times } = await killAndResume(run, worker, () => isOver);
  const second = await placeOfSecond(run, resumed?.startingAfter ?? 0, () => isOver);
  await watching;
  await worker.stop();
  return { seed, ...times, ...(await judged(run, resumed, second)) };
}

async function judged(run: Run, resumed: Row | undefined, second: FollowHeartbeat | null) {
  const end = run.told.at(-1);
  if (end?.kind !== 'end') throw new Error('The viewer was not told of the end.');
  const { result }: { result: TaskResult } = end;
  const responseId = result.responseId ?? '';
  const ledger = await run.place.fromEmulator<Ledger>('ledger');
  const upstream = (await run.upstream.retrieve(responseId, [])).output_text;
  const from = run.told.map(({ kind }) => kind).lastIndexOf('restart') + 1;
  const viewer = run.told.slice(from).map((event) => (event.kind === 'text' ? event.delta : ''));
  const isTailRight = second && (await tailUpTo(run, responseId, second.cursor ?? -1)) === second.textTail;
  return {
    status: result.status,
    hashes: { upstream: sha256(upstream), result: sha256(result.outputText ?? ''), viewer: sha256(viewer.join('')) },
    restarts: run.told.filter(({ kind }) => kind === 'restart').length,
    creates: ledger.creates.filter(({ metadata }) => metadata.task_id === run.id).length,
    sent: (await run.streams()).find(ofFollower)?.last ?? null,
    startingAfter: resumed?.startingAfter,
    isTailRight,
    resumedAtMs: resumed?.at ?? NaN,
  };
}
