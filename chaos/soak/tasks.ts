/** Single tasks of a soak: every way of watching, every end, and what is done to them on the way. */
import type { TaskInput, TaskOptions, TaskOutcome } from '../../src/contracts';
import type { Draw } from './draw';
import { promptOf, TOKEN_NAME } from './secrets';

export type Act = 'cancel by signal' | "cancel by Temporal's request" | 'start again' | 'look now' | 'change';

export interface PlannedTask {
  taskId: string;
  /** For the table. */
  watch: NonNullable<TaskOptions['watch']>;
  atSeconds: number;
  input: TaskInput & { request: { input: string } };
  /** What is done to it, so long after its start. */
  acts: { act: Act; afterSeconds: number }[];
  mayEndAs: TaskOutcome[];
}

type Fate = keyof typeof FATES;

/** How the emulator lets a run end, and as what its task may. */
const FATES = {
  completes: { weight: 50, scenario: 'text', ends: ['completed'] },
  'has a large answer': { weight: 6, scenario: 'text', ends: ['completed'] },
  'has a large prompt': { weight: 2, scenario: 'text', ends: ['completed'] },
  'uses a secret': { weight: 0, scenario: 'mcp', ends: ['completed'] },
  'refuses in words': { weight: 4, scenario: 'refusal', ends: ['completed'] },
  'has a status of its own': { weight: 3, scenario: 'unknown_status', ends: ['completed'] },
  flaps: { weight: 3, scenario: 'flapping', ends: ['completed'] },
  fails: { weight: 5, scenario: 'failed', ends: ['failed'] },
  'fails again': { weight: 3, scenario: 'failed_rate_limit', ends: ['failed'] },
  'is cut short': { weight: 5, scenario: 'incomplete_max_output_tokens', ends: ['incomplete'] },
  'is refused': { weight: 4, scenario: 'there_is_no_such', ends: ['rejected'] },
  'never ends': { weight: 4, scenario: 'stuck_in_progress', ends: ['timed_out'] },
  'never begins': { weight: 3, scenario: 'stuck_queued', ends: ['timed_out'] },
} as const satisfies Record<string, { weight: number; scenario: string; ends: TaskOutcome[] }>;

const WEIGHTS = Object.fromEntries(Object.entries(FATES).map(([name, { weight }]) => [name, weight])) as Record<
  Fate,
  number
>;

/** Longer than any chaos: a task of a known length ends by itself. */
const PATIENT_SECONDS = 1800;

const MCP = {
  type: 'mcp',
  server_label: 's',
  server_url: 'https://mcp.example.org/mcp',
  authorization: `secret://${TOKEN_NAME}`,
  require_approval: 'never',
} as const;

/** What a fate asks of the options. */
const OPTIONS_OF: Partial<Record<Fate, (draw: Draw) => TaskOptions>> = {
  'fails again': () => ({ retryOn: { times: 1 } }),
  'never ends': (draw) => ({ maxWaitSeconds: draw.whole(10, 25) }),
  'never begins': (draw) => ({ maxQueuedSeconds: draw.whole(6, 15) }),
};

function optionsOf(draw: Draw, fate: Fate, watch: PlannedTask['watch']): TaskOptions {
  const waits = draw.pick([[0.5, 1, 2], [1], [0.4], [1, 2, 5, 10]]);
  return {
    watch,
    pollIntervalsSeconds: waits,
    inlineWaitSeconds: draw.pick([0, 0, 2, 5]),
    // A webhook that is lost is made good by the net, and that within the time of the run.
    safetyNetSeconds: [draw.whole(5, 15)],
    webhookReceiver: true,
    maxWaitSeconds: PATIENT_SECONDS,
    onAmbiguousCreate: draw.chance(0.15) ? 'fail' : 'retry',
    priority: draw.pick(['high', 'medium', 'low']),
    ...OPTIONS_OF[fate]?.(draw),
  };
}

/** Bytes of an answer: a few words, a page, and more than a history carries. */
const bytesOf = (draw: Draw, fate: Fate): number =>
  fate === 'has a large answer' ? draw.whole(150_000, 500_000) : draw.pick([600, 2_000, 20_000]);

function actsOf(draw: Draw, runSeconds: number): PlannedTask['acts'] {
  const acts: PlannedTask['acts'] = [];
  const add = (act: Act, most: number) => acts.push({ act, afterSeconds: draw.between(0, most) });
  if (draw.chance(0.12)) add('cancel by signal', runSeconds + 3);
  if (draw.chance(0.06)) add("cancel by Temporal's request", runSeconds + 3);
  if (draw.chance(0.1)) add('start again', runSeconds);
  if (draw.chance(0.08)) add('look now', runSeconds);
  if (draw.chance(0.05)) add('change', runSeconds);
  return acts;
}

/** Any task may end as `unknown`: after two replies that were lost, or one with `onAmbiguousCreate: fail`. */
function endsOf(fate: Fate, acts: PlannedTask['acts']): TaskOutcome[] {
  const isCancelled = acts.some(({ act }) => act.startsWith('cancel'));
  return [...FATES[fate].ends, 'unknown', ...(isCancelled ? ['cancelled' as const] : [])];
}

export function planTask(draw: Draw, i: number, untilSeconds: number): PlannedTask {
  // Not left to chance: the search for the token would prove nothing without one that was sent.
  const fate = i % 10 === 1 ? 'uses a secret' : draw.weighted(WEIGHTS);
  const watch = draw.pick(['poll', 'poll', 'stream', 'webhook', 'auto'] as const);
  const runSeconds = draw.chance(0.15) ? draw.between(15, 40) : draw.between(0.2, 10);
  const metadata = {
    emulator_scenario: FATES[fate].scenario,
    emulator_queued_seconds: String(draw.between(0, 1)),
    emulator_run_seconds: String(runSeconds),
    emulator_output_bytes: String(bytesOf(draw, fate)),
  };
  const more = fate === 'has a large prompt' ? ` ${'x'.repeat(draw.whole(200_000, 400_000))}` : '';
  const tools = fate === 'uses a secret' ? { tools: [MCP] } : {};
  const request = { model: 'o3', input: promptOf(`Question ${i}:`) + more, metadata, ...tools };
  const acts = actsOf(draw, runSeconds);
  return {
    taskId: `task-${String(i).padStart(4, '0')}`,
    watch,
    atSeconds: draw.between(0, untilSeconds),
    input: { request, options: optionsOf(draw, fate, watch) },
    acts,
    mayEndAs: endsOf(fate, acts),
  };
}

/** Of each way of watching one that completes and one that is cancelled, with nothing left to chance. */
export const lastTasks = (atSeconds: number): PlannedTask[] =>
  (['poll', 'stream', 'webhook', 'auto'] as const).flatMap((watch) =>
    [false, true].map((isCancelled): PlannedTask => {
      const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '4', emulator_output_bytes: '20000' };
      return {
        taskId: `last-${watch}${isCancelled ? '-cancelled' : ''}`,
        watch,
        atSeconds,
        input: {
          request: { model: 'o3', input: promptOf(`The last by ${watch}:`), metadata },
          options: {
            watch,
            pollIntervalsSeconds: [0.4],
            safetyNetSeconds: [5],
            webhookReceiver: true,
            maxWaitSeconds: PATIENT_SECONDS,
          },
        },
        acts: isCancelled ? [{ act: 'cancel by signal', afterSeconds: 2 }] : [],
        mayEndAs: ['completed', 'unknown', ...(isCancelled ? ['cancelled' as const] : [])],
      };
    }),
  );
