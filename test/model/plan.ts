/** Random lives of tasks: what upstream does, what goes wrong, and what people do meanwhile. */
import fc from 'fast-check';
import type { Fault } from '../../emulator';
import type { TaskChange, TaskOptions } from '../../src/contracts';

/** What becomes of a POST. `lost`: accepted, or not, and nobody knows. */
export interface CreateFault {
  outcome: 'refused' | 'lost' | 'rejected' | 'late_reply';
  do: Fault;
}

export type Message =
  | { kind: 'lookNow' }
  | { kind: 'cancelTask'; reason: string }
  /** Temporal's own. */
  | { kind: 'cancel' }
  | { kind: 'change'; change: TaskChange }
  | { kind: 'badChange'; change: Record<string, unknown> }
  /** A response is offered: the task's own, that of its first create, or one that must not be taken. */
  | { kind: 'offer'; of: 'own' | 'lost' | 'wrong_attempt' | 'no_id' };

export interface Plan {
  /** Of the emulator. */
  scenario: string;
  queuedSeconds: number;
  runSeconds: number;
  /** A response that was made outside is attached to, in place of a create. */
  isAttached: boolean;
  /** The first creates, in their order. */
  creates: CreateFault[];
  /** Looks that go wrong, by their number from 1. */
  looks: { nth: number; do: Fault }[];
  /** The first cancels; `forbidden` is all of them. */
  cancels: Fault[] | 'forbidden';
  options: TaskOptions & { pollIntervalsSeconds: number[]; maxWaitSeconds: number };
  /** At 0 the create is under way; before, nothing has begun. */
  messages: { atSeconds: number; message: Message }[];
}

const status = (code: number, more: Partial<Extract<Fault, { kind: 'status' }>> = {}): Fault => ({
  kind: 'status',
  status: code,
  ...more,
});
const wait = (seconds: number) => ({ headers: { 'retry-after': String(seconds) } });

const createFault = fc.constantFrom<CreateFault>(
  { outcome: 'refused', do: status(429) },
  { outcome: 'refused', do: status(429, wait(20)) },
  { outcome: 'refused', do: status(503) },
  { outcome: 'lost', do: { kind: 'drop', accept: true } },
  { outcome: 'lost', do: { kind: 'drop', accept: true } },
  { outcome: 'lost', do: { kind: 'drop' } },
  { outcome: 'lost', do: status(502, { body: 'html' }) },
  { outcome: 'rejected', do: status(400) },
  { outcome: 'rejected', do: status(429, { code: 'insufficient_quota', type: 'insufficient_quota' }) },
  { outcome: 'late_reply', do: { kind: 'delay', ms: 300 } },
  { outcome: 'late_reply', do: { kind: 'delay', ms: 300 } },
);

const lookFault = fc.constantFrom<Fault>(
  status(404),
  status(404),
  status(429, wait(25)),
  status(429, wait(1)),
  status(500),
  { kind: 'drop' },
  { kind: 'garbage', body: 'html' },
  { kind: 'garbage', body: 'no_status' },
);

const cancelFault = fc.constantFrom<Fault>(status(409), status(400), status(404), status(500), {
  kind: 'drop',
  accept: true,
});

const change = fc.constantFrom<TaskChange>(
  { maxWaitSeconds: 30 },
  { maxWaitSeconds: 90 },
  { maxWaitSeconds: 400 },
  { maxQueuedSeconds: 25 },
  { pollIntervalsSeconds: [15] },
  { pollIntervalsSeconds: [40], maxWaitSeconds: 300 },
);

const badChange = fc.constantFrom<Record<string, unknown>>(
  {},
  { watch: 'webhook' },
  { maxWaitSeconds: -1 },
  { pollIntervalsSeconds: [] },
);

const message: fc.Arbitrary<Message> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Message>({ kind: 'lookNow' }) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('enough', 'too slow', 'too dear')
      .map((reason) => ({ kind: 'cancelTask', reason }) as const),
  },
  { weight: 3, arbitrary: fc.constant<Message>({ kind: 'cancel' }) },
  { weight: 4, arbitrary: change.map((one) => ({ kind: 'change', change: one }) as const) },
  { weight: 1, arbitrary: badChange.map((one) => ({ kind: 'badChange', change: one }) as const) },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom('own', 'lost', 'lost', 'wrong_attempt', 'no_id')
      .map((of) => ({ kind: 'offer', of }) as const),
  },
);

/** Off whole seconds, where timers are: what comes at the very moment of a timer may come before or after it. */
const moment = fc.oneof(
  fc.constant(0),
  fc.constantFrom(3, 7, 12, 18, 33, 47, 71, 110).map((seconds) => seconds + 0.7),
);

const messages = fc
  .array(fc.record({ atSeconds: moment, message }), { maxLength: 4 })
  .map((list) => list.sort((a, b) => a.atSeconds - b.atSeconds));

const options: fc.Arbitrary<Plan['options']> = fc.record({
  pollIntervalsSeconds: fc.constantFrom([1, 2, 5, 10, 30], [20], [6, 50], [30, 60]),
  inlineWaitSeconds: fc.constant(0),
  maxWaitSeconds: fc.constantFrom(40, 100, 250),
  maxQueuedSeconds: fc.constantFrom(undefined, undefined, 15, 60),
  onTimeout: fc.constantFrom('cancel', 'cancel', 'leave'),
  onAmbiguousCreate: fc.constantFrom('retry', 'retry', 'fail'),
  retryOn: fc.constantFrom(undefined, { times: 1 }, { times: 2 }),
});

const scenario = fc.constantFrom(
  'text',
  'text',
  'text',
  'failed',
  'failed',
  'failed_unlisted',
  'incomplete_max_output_tokens',
  'unknown_status',
  'unknown_status_forever',
  'stuck_queued',
  'stuck_in_progress',
  'flapping',
  'late_completion',
);

export const aPlan: fc.Arbitrary<Plan> = fc.record({
  scenario,
  queuedSeconds: fc.constantFrom(0, 2, 20, 45),
  runSeconds: fc.constantFrom(1, 8, 35, 120),
  isAttached: fc.integer({ max: 9, min: 0 }).map((n) => n === 0),
  creates: fc.oneof(
    { weight: 2, arbitrary: fc.constant<CreateFault[]>([]) },
    { weight: 3, arbitrary: fc.array(createFault, { minLength: 1, maxLength: 3 }) },
  ),
  looks: fc.oneof(
    { weight: 2, arbitrary: fc.constant<Plan['looks']>([]) },
    {
      weight: 2,
      arbitrary: fc.uniqueArray(fc.record({ nth: fc.integer({ min: 1, max: 7 }), do: lookFault }), {
        maxLength: 5,
        selector: ({ nth }) => nth,
      }),
    },
  ),
  cancels: fc.oneof(
    { weight: 6, arbitrary: fc.array(cancelFault, { maxLength: 2 }) },
    { weight: 1, arbitrary: fc.constant('forbidden' as const) },
  ),
  options,
  messages,
});
