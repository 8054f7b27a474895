/** Tasks that are watched by a stream or a webhook, for tests. */
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { FaultRule } from '../../emulator';
import type { FollowHeartbeat, TaskOptions, TaskResult } from '../../src/contracts';
import { eventually } from './embedded';
import { callsOf, createsOf, uniqueId, type World } from './world';

export interface Watching {
  options?: TaskOptions;
  metadata?: Record<string, string>;
  id?: string;
  input?: string;
}

/** Starts a task with `watch: 'stream'`, unless its options say otherwise. */
export async function begin(world: World, watching: Watching = {}) {
  const { options, metadata, id = uniqueId('watched'), input = `Prompt of ${id}.` } = watching;
  const times = { emulator_queued_seconds: '0.1', emulator_run_seconds: '1' };
  const request = { model: 'o3', input, metadata: { ...times, ...metadata } };
  return world.start({ request, options: { watch: 'stream', pollIntervalsSeconds: [0.3], ...options } }, id);
}

/** The same, to its end. */
export async function watched(world: World, faults: FaultRule[] = [], watching: Watching = {}) {
  world.emulator.setFaults(faults);
  const handle = await begin(world, watching);
  const result = (await handle.result()) as TaskResult;
  return { handle, result, ...ledgerOf(world, handle.workflowId) };
}

export const ledgerOf = ({ emulator }: World, id: string) => ({
  creates: createsOf(emulator, id),
  streams: emulator.ledger().streams.filter(({ task }) => task === id),
  cancels: callsOf(emulator, id, 'cancel'),
});

/** Waits until it is so, for 30 s at most. */
export const until = (isSo: () => boolean | Promise<boolean>): Promise<void> =>
  eventually('the state that the test waits for', isSo, 30);

/** Whether a reader that follows this task is connected. */
export const isFollowed = (world: World, id: string): boolean =>
  ledgerOf(world, id).streams.some(({ op, outcome }) => op === 'stream' && outcome === 'open');

/** What the server has of an activity, were its worker lost now. */
export async function detailsOf(handle: WorkflowHandle, activity: string): Promise<Record<string, unknown> | null> {
  const { raw } = await handle.describe();
  const pending = raw.pendingActivities?.find(({ activityType }) => activityType?.name === activity);
  const data = pending?.heartbeatDetails?.payloads?.[0]?.data;
  return data ? (JSON.parse(Buffer.from(data).toString('utf8')) as Record<string, unknown>) : null;
}

export async function heartbeatOf(handle: WorkflowHandle): Promise<FollowHeartbeat | null> {
  return (await detailsOf(handle, 'followResponse')) as FollowHeartbeat | null;
}

export async function eventsOf(handle: WorkflowHandle): Promise<number> {
  return (await handle.fetchHistory()).events?.length ?? 0;
}

/** The number of events of each run, in their order. */
export async function runsOf({ client }: World, handle: WorkflowHandleWithFirstExecutionRunId): Promise<number[]> {
  const runs: number[] = [];
  for (let runId: string | undefined = handle.firstExecutionRunId; runId;) {
    const { events } = await client.workflow.getHandle(handle.workflowId, runId).fetchHistory();
    runs.push(events?.length ?? 0);
    runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return runs;
}

/** From the create to the last look, by the emulator's clock. */
export function tookMs({ emulator }: World, id: string): number {
  const [created] = createsOf(emulator, id);
  return (callsOf(emulator, id, 'retrieve').at(-1)?.at ?? NaN) - (created?.at ?? NaN);
}

/** The text of a response, as a GET has it. */
export async function answerUpstream({ emulator }: World, responseId: string | null): Promise<string> {
  const headers = { authorization: 'Bearer sk-test' };
  const reply = await fetch(`${emulator.url}/responses/${responseId}`, { headers });
  const { output } = (await reply.json()) as { output: { content?: { text?: string }[] }[] };
  return output
    .flatMap(({ content }) => content ?? [])
    .map(({ text }) => text ?? '')
    .join('');
}
