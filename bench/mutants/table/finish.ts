/** Mutants of how a task ends, and of what it knows. */
import { mutantsOf, type Mutant } from '../mutant';

const FINISH = mutantsOf(
  'src/workflows/finish.ts',
  ['model', 'outcomes'],
  [
    [
      `end === 'stopped' || (timedOut && task.settings.onTimeout === 'cancel')`,
      `timedOut && task.settings.onTimeout === 'cancel'`,
      `a cancel is not sent upstream: the run goes on and is paid`,
    ],
    [`(timedOut && task.settings.onTimeout === 'cancel')`, `timedOut`, `onTimeout: leave cancels`],
    [
      `(timedOut && task.settings.onTimeout === 'cancel')`,
      `(end === 'max_wait_seconds' && task.settings.onTimeout === 'cancel')`,
      `a run that was queued for too long goes on and is paid`,
    ],
    [
      `(end === 'answered' || end === 'stopped' || answer.status !== 'cancelled')`,
      `end === 'answered'`,
      `a run that has just ended is told as cancelled, and its answer is lost`,
    ],
    [
      `(end === 'answered' || end === 'stopped' || answer.status !== 'cancelled')`,
      `true`,
      `a timeout is told as a cancel that nobody asked for`,
    ],
    [`  if (end === 'expired') {`, `  if (end === 'stopped') {`, `an expired response is told as cancelled`],
    [
      `    return [\`response \${responseId} may still be running and be paid: \${reasonOf(error)}\`];`,
      `    return [];`,
      `a run that could not be cancelled is left running without a word`,
    ],
    [
      `  if (!stopped && fileIds.length === 0) return [];`,
      `  if (fileIds.length === 0) return [];`,
      `the cleanup function is not called after a cancel`,
    ],
    [
      `const stopped = status === 'cancelled' || status === 'timed_out';`,
      `const stopped = status === 'cancelled';`,
      `the cleanup function is not called after a timeout`,
    ],
    [
      `    ...stillRunning,\n    ...(await cleanUp`,
      `    ...(await cleanUp`,
      `what may still run is not named in the result`,
    ],
    [`  task.phase = 'done';\n`, ``, `a task that has ended says that it watches`],
    [`  setStatus(task, ended.status);\n`, ``, `a task that has ended says that it is in progress`],
    [
      `    cancelReason: task.stop?.reason ?? null,`,
      `    cancelReason: null,`,
      `the result does not say why it was cancelled`,
    ],
  ],
);

const STATE = mutantsOf(
  'src/workflows/task-state.ts',
  ['model'],
  [
    [`progress.polls += report.polls;`, `progress.polls = report.polls;`, `looks are not counted`],
    [
      `progress.status !== 'queued' || net) return null;`,
      `net) return null;`,
      `a run that has started is stopped for having been queued`,
    ],
    [`(progress.unknownStatuses[status] ?? 0) + times`, `times`, `unknown statuses are not counted`, ['outcomes']],
    [
      `progress.startedAtMs + progress.heldMs +`,
      `progress.startedAtMs +`,
      `the time before the gate of the account counts towards the deadline`,
      ['gate'],
    ],
    [`  progress.missing = report.missing;\n`, ``, `a response that is gone is asked for until the deadline`],
    [
      `  progress.retryAfterSeconds = report.retryAfterSeconds;\n`,
      ``,
      `Retry-After is respected within a visit only`,
      ['schedule', 'model'],
    ],
    [
      `  progress.lastFault = report.fault;\n`,
      ``,
      `looks at a server in trouble come closer than a second`,
      ['schedule', 'model'],
    ],
    [
      `task.interrupt = () => scope.cancel();`,
      `task.interrupt = () => undefined;`,
      `a cancel waits until the visit that is under way is over`,
      ['signal'],
    ],
    [
      `=== 'in_progress') setStatus(task, 'in_progress');`,
      `=== 'completed') setStatus(task, 'in_progress');`,
      `a run that has started is stopped for having been queued`,
    ],
  ],
);

export const FINISH_TABLE: readonly Mutant[] = [...FINISH, ...STATE];
