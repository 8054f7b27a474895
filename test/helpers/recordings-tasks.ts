/** Recordings of tasks: every way to begin, to be watched, to be changed and to end. */
import type { WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultRule } from '../../emulator';
import { beforePatch } from './bundles';
import { inWorld, recordLive, recordTask, save } from './recording';
import { until } from './watched';
import { callsOf, createsOf, devServerWorld, type World } from './world';

const FIRST = { nth: 1, times: 1 };
const LOST: FaultRule = { op: 'create', ...FIRST, do: { kind: 'drop', accept: true } };
const BUSY: FaultRule = {
  op: 'create',
  ...FIRST,
  do: { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
};
const BUSY_UPLOAD: FaultRule = { op: 'file_create', ...FIRST, do: { kind: 'status', status: 429 } };
const REFUSED: FaultRule = { op: 'create', do: { kind: 'status', status: 400 } };
const REFUSED_STREAM: FaultRule = { op: 'stream', do: { kind: 'status', status: 400 } };
const LATE_CREATE: FaultRule = { op: 'create', do: { kind: 'delay', ms: 1_500 } };
const LATE_LOOK: FaultRule = { op: 'retrieve', nth: 2, do: { kind: 'delay', ms: 1_000 } };

export const times = (run: string) => ({ emulator_queued_seconds: '0.1', emulator_run_seconds: run });

/** A response that somebody else has created. */
async function another({ emulator }: World): Promise<string> {
  const headers = { authorization: 'Bearer sk-test', 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'o3', input: 'Of another program.', background: true });
  const reply = await fetch(`${emulator.url}/responses`, { method: 'POST', headers, body });
  return ((await reply.json()) as { id: string }).id;
}

const isCreated = (handle: WorkflowHandle, { emulator }: World) =>
  until(() => createsOf(emulator, handle.workflowId).length > 0);

const isLookedAt = (handle: WorkflowHandle, { emulator }: World, looks: number) =>
  until(() => callsOf(emulator, handle.workflowId, 'retrieve').length >= looks);

/** As the receiver of webhooks tells it, after the create was noted as lost and before the next one. */
async function offer(handle: WorkflowHandle, world: World): Promise<void> {
  await isCreated(handle, world);
  await sleep(300);
  const [lost] = createsOf(world.emulator, handle.workflowId);
  await handle.signal('adoptResponse', { responseId: lost?.id ?? '', attempt: 1 });
}

/** While a look is under way. */
const hint = {
  faults: [LATE_LOOK],
  metadata: times('4'),
  options: { pollIntervalsSeconds: [0.5], inlineWaitSeconds: 0 },
  act: async (handle: WorkflowHandle, world: World) => {
    await isLookedAt(handle, world, 1);
    // After the wait before the second look, and within it.
    await sleep(900);
    await handle.signal('lookNow');
  },
};

/** At its limit for the queue, between two looks. */
const queued = { scenario: 'stuck_queued', options: { maxQueuedSeconds: 20 } };

/** Its create comes half a minute after its start. */
const queuedLate = {
  ...queued,
  faults: [
    { op: 'create', ...FIRST, do: { kind: 'status', status: 429, headers: { 'retry-after': '30' } } },
  ] satisfies FaultRule[],
};

/** Told of its end while the look is under way that sees it. */
const hintOfLast = {
  scenario: 'failed',
  metadata: { ...times('0.3'), emulator_error_code: 'server_error' },
  faults: [{ op: 'retrieve', ...FIRST, do: { kind: 'delay', ms: 1_000 } }] satisfies FaultRule[],
  options: { pollIntervalsSeconds: [0.5], inlineWaitSeconds: 0, retryOn: { times: 1 } },
  act: async (handle: WorkflowHandle, world: World) => {
    await isCreated(handle, world);
    await sleep(1_200);
    await handle.signal('lookNow');
  },
};

/** Half a minute is over between two looks that know nothing of it. */
const unknownAtFirst = {
  faults: [{ op: 'retrieve', do: { kind: 'not_found', forSeconds: 30 } }] satisfies FaultRule[],
  options: { pollIntervalsSeconds: [12] },
  metadata: times('40'),
};

/** The server asks for a new run long before it would by itself. */
export const SHORT_RUNS = { serverSettings: ['limit.historyCount.suggestContinueAsNew=40'] };

const recordContinued = (): Promise<void> =>
  inWorld(
    () => devServerWorld(SHORT_RUNS),
    (world) =>
      world.withWorker(async () => {
        const options = { pollIntervalsSeconds: [0.5], inlineWaitSeconds: 0 };
        const handle = await world.ask('text', options, times('4'));
        await handle.result();
        await save('task-continued', world.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId));
        await save('task-continued-last', world.client.workflow.getHandle(handle.workflowId));
      }),
  );

const WITH_FILE = { files: [{ path: 'examples/data/alice.txt' }] };

const AUTO = { watch: 'auto' as const, pollIntervalsSeconds: [0.3] };

export const TASKS: Record<string, () => Promise<void>> = {
  'task-retried': recordTask('task-retried', { scenario: 'failed', options: { retryOn: { times: 2 } } }),
  'task-attached': recordTask('task-attached', { attach: another }),
  'task-expired': recordTask('task-expired', { attach: () => Promise.resolve(`resp_${'0'.repeat(48)}`) }),
  'task-rejected': recordTask('task-rejected', { faults: [REFUSED] }),
  'task-incomplete': recordTask('task-incomplete', { scenario: 'incomplete_max_output_tokens' }),
  'task-create-refused': recordTask('task-create-refused', { faults: [BUSY] }),
  'task-create-lost': recordTask('task-create-lost', { faults: [LOST] }),
  'task-unknown': recordTask('task-unknown', { faults: [LOST], options: { onAmbiguousCreate: 'fail' } }),
  'task-queued-too-long': recordTask('task-queued-too-long', {
    scenario: 'stuck_queued',
    options: { maxQueuedSeconds: 60 },
  }),
  'task-with-file': recordTask('task-with-file', { options: WITH_FILE }),
  'task-upload-refused': recordTask('task-upload-refused', { faults: [BUSY_UPLOAD], options: WITH_FILE }),
  'task-changed': recordTask('task-changed', {
    scenario: 'slow',
    act: async (handle, { env }) => {
      await env.sleep('20s');
      await handle.executeUpdate('changeTask', { args: [{ pollIntervalsSeconds: [30], maxWaitSeconds: 300 }] });
    },
  }),
  'task-adopted': recordLive('task-adopted', { faults: [LOST], metadata: times('2'), act: offer }),
  'task-cancelled-in-create': recordLive('task-cancelled-in-create', {
    scenario: 'slow',
    faults: [LATE_CREATE],
    act: async (handle, world) => {
      await isCreated(handle, world);
      await handle.cancel();
    },
  }),
  'task-cancelled-by-temporal': recordTask('task-cancelled-by-temporal', {
    scenario: 'slow',
    act: async (handle, { env }) => {
      await env.sleep('20s');
      await handle.cancel();
    },
  }),
  'task-auto': recordLive('task-auto', { options: AUTO, metadata: times('2') }),
  'task-auto-webhook': recordLive('task-auto-webhook', {
    options: { ...AUTO, webhookReceiver: true },
    faults: [REFUSED_STREAM],
    metadata: times('3'),
    act: async (handle) => {
      await sleep(4_000);
      await handle.signal('lookNow');
    },
  }),
  'task-hint': recordLive('task-hint', hint),
  'task-hint-before': recordLive('task-hint-before', hint, beforePatch('keep-hint')),
  'task-queued': recordTask('task-queued', queued),
  'task-queued-before': recordTask('task-queued-before', queued, beforePatch('look-at-queue-limit')),
  'task-queued-late': recordTask('task-queued-late', queuedLate),
  'task-queued-late-before': recordTask('task-queued-late-before', queuedLate, beforePatch('queue-limit-from-create')),
  'task-hint-of-last': recordLive('task-hint-of-last', hintOfLast),
  'task-hint-of-last-before': recordLive('task-hint-of-last-before', hintOfLast, beforePatch('hint-of-last-response')),
  'task-unknown-at-first': recordTask('task-unknown-at-first', unknownAtFirst),
  'task-unknown-at-first-before': recordTask(
    'task-unknown-at-first-before',
    unknownAtFirst,
    beforePatch('expired-by-late-look'),
  ),
  'task-continued': recordContinued,
  'task-continued-last': recordContinued,
};
