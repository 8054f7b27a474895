/** Mutants of watching: the waits between looks, the looks, and the reasons to look no more. */
import { mutantsOf, type Mutant } from '../mutant';

const WAITS = mutantsOf(
  'src/workflows/watch.ts',
  ['model'],
  [
    [
      `wake === 'look' && (progress.watched.mode !== 'poll' || patched('keep-hint'));`,
      `wake === 'look' && progress.watched.mode !== 'poll';`,
      `lookNow during a look or the create is forgotten`,
    ],
    [
      `  if (isAsked(task)) recheckSoon(progress, settings);\n  else if (!woken && progress.rechecks`,
      `  if (!woken && progress.rechecks`,
      `a webhook that is a moment early wakes the task once, and not again until the next long wait`,
    ],
    [
      `progress.rechecks > 0) progress.rechecks--;`,
      `progress.rechecks > 0) progress.rechecks;`,
      `after a lookNow it looks every five seconds for ever`,
    ],
    [
      `progress.lastFault)) progress.pollIndex++;`,
      `progress.lastFault)) progress.rechecks = 0;`,
      `looks never come farther apart`,
    ],
    [
      `  if (isAsked(task)) noteWait(task, true);\n`,
      `  if (isAsked(task)) task.progress.rechecks = 0;\n`,
      `a hint during a look is followed by one look only`,
      ['webhook'],
    ],
    [
      ` && progress.missing === 0;\n  const seconds`,
      `;\n  const seconds`,
      `a 404 with short intervals is looked at in a hot loop of activities`,
      ['outcomes'],
    ],
    [`  task.wake = task.wake === 'look' ? null : task.wake;\n`, ``, `one lookNow begins a hot loop of looks`],
    [
      `Math.min(deadlineMs(task), queuedDeadlineMs(task) ?? Infinity);\n  const ms = Math.max(1, Math.min(seconds`,
      `deadlineMs(task);\n  const ms = Math.max(1, Math.min(seconds`,
      `maxQueuedSeconds holds only at the next look`,
      ['outcomes'],
    ],
    [
      `Math.max(1, Math.min(seconds * 1000, untilMs - Date.now()))`,
      `seconds * 1000`,
      `a deadline holds only at the next look`,
    ],
    [
      `task.stop !== null || task.wake !== null || task.answer !== null`,
      `task.wake !== null || task.answer !== null`,
      `a cancel waits for the time of the next look`,
    ],
    [
      `task.stop !== null || task.wake !== null || task.answer !== null`,
      `task.stop !== null || task.answer !== null`,
      `lookNow and changes wait for the time of the next look`,
    ],
    [
      `task.wake === 'change' || endOf(task) !== null;`,
      `task.wake === 'change';`,
      `a look after the deadline, and after the cancel`,
    ],
    [
      `task.wake === 'change' || endOf(task) !== null;`,
      `endOf(task) !== null;`,
      `a change is a look, whatever the schedule says`,
      ['schedule'],
    ],
    [
      `mode === 'webhook' && isCalm(task) && task.wake`,
      `mode === 'webhook' && task.wake`,
      `a webhook that is early waits for the net, 15 minutes or more`,
      ['webhook'],
    ],
  ],
);

const RUNS = mutantsOf(
  'src/workflows/carry-on.ts',
  ['manyLooks'],
  [
    [
      `    options: task.settings,`,
      `    options: task.input.options,`,
      `a change is forgotten when the task continues as new`,
    ],
    [
      `carried: { ...task.progress, hinted`,
      `carried: { ...task.progress, polls: 0, hinted`,
      `looks before the last run are not counted`,
    ],
  ],
);

const FAILED = mutantsOf(
  'src/workflows/watch.ts',
  ['webhook'],
  [
    [
      `answer?.status === 'failed' && settings.retryOn !== undefined`,
      `answer?.status === 'failed' && settings.retryOn === undefined`,
      `the net of a failed response looks on while the next one runs`,
    ],
  ],
);

const LOOK = mutantsOf(
  'src/workflows/look.ts',
  ['model', 'outcomes'],
  [
    [`progress.missing < 2 ||`, `progress.missing < 1 ||`, `one 404 of a replica that lags behind ends the task`],
    [
      `  return lookedAtMs >= goneFromMs || !patched('expired-by-late-look');\n`,
      `  return true;\n`,
      `404s of the first moments, told late, end the task as expired`,
      ['outcomes'],
    ],
    [`  if (isExpired(task)) return 'expired';\n`, ``, `a response that is gone is asked for until the deadline`],
    [`  if (task.stop) return 'stopped';\n`, ``, `a cancel is not heard`],
    [`  if (Date.now() >= deadlineMs(task)) return 'max_wait_seconds';\n`, ``, `there is no deadline`],
    [
      `queuedUntil !== null && Date.now() >= queuedUntil ? 'max_queued_seconds' : null`,
      `null`,
      `maxQueuedSeconds does nothing`,
    ],
    [
      `deadlineMs(task) - Date.now()) + LAST_LOOK_MS`,
      `deadlineMs(task) - Date.now()) + 1e12`,
      `a look that can never succeed keeps the task open for ever`,
      ['outcomes'],
    ],
    [
      `    task.progress.lastFault = lookFailed(error);\n`,
      ``,
      `a look that fails on our side leaves no word of it`,
      ['outcomes'],
    ],
    [
      `fault: task.progress.lastFault }`,
      `fault: null }`,
      `the next visit is not told that the last look has failed`,
      ['schedule'],
    ],
    [
      `    if (isCancellation(error)) return;\n`,
      ``,
      `a look that a change ends is told as a failure of ours`,
      ['changes'],
    ],
  ],
);

const SURVIVOR: Mutant = {
  file: 'src/workflows/look.ts',
  find: ` || Date.now() < goneFromMs) return false`,
  put: `) return false`,
  defect: `a replica that lags behind ends the task as expired`,
  killers: ['outcomes'],
  equivalent:
    'A look begins before it is told, so the next line says the same of every task begun since; only histories from ' +
    'before its patch need this one.',
};

export const WATCH: readonly Mutant[] = [...WAITS, ...RUNS, ...FAILED, ...LOOK, SURVIVOR];
