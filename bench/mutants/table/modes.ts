/** Mutants of the other ways of watching: streams, webhooks, and the net behind these. */
import { mutantsOf, type Mutant } from '../mutant';

const MODES = mutantsOf(
  'src/workflows/modes.ts',
  ['modes', 'webhook'],
  [
    [
      `const RECHECK_SECONDS = [5, 60];`,
      `const RECHECK_SECONDS = [60, 60];`,
      `a webhook that is a moment early costs a minute`,
    ],
    [
      `[Math.min(soon, pollInterval(schedule, pollIndex))]`,
      `[soon]`,
      `a hint makes the next looks come later than without`,
    ],
    [
      `progress.rechecks = next > settings.inlineWaitSeconds ?`,
      `progress.rechecks = next < settings.inlineWaitSeconds ?`,
      `after a hint there are no looks soon`,
    ],
    [`(watch === 'auto' ? 'stream' : watch)`, `(watch === 'auto' ? 'poll' : watch)`, `auto never streams`],
    [
      `  progress.watched.fallbacks.push({ from: progress.watched.mode, to, reason });\n`,
      ``,
      `nobody learns that a stream was given up`,
    ],
    [
      `settings.watch === 'auto' && settings.webhookReceiver ? 'webhook'`,
      `settings.watch === 'auto' ? 'webhook'`,
      `auto relies on webhooks that nobody receives`,
    ],
    [`    if (seconds > ageSeconds) break;\n`, ``, `a stream that is given up early is polled at the longest interval`],
    [
      `    if (seconds > ageSeconds) break;\n`,
      `    break;\n`,
      `a stream that is given up late is polled as if it had just begun`,
    ],
    [
      `watched.mode === 'webhook' && lastFault ? [SECONDS_AFTER_FAULT] : schedule`,
      `schedule`,
      `behind a webhook a failed look is followed by the next after an hour`,
    ],
  ],
);

const NET = mutantsOf(
  'src/workflows/net.ts',
  ['webhook'],
  [
    [`  progress.polls += looks;\n`, ``, `looks of the net are not counted`],
    [`  progress.pollIndex += looks;\n`, ``, `after a hint the schedule of the net begins anew`],
    [`  if (goesOn) net.cancel();\n`, ``, `the net of a failed response looks on while the next one runs`],
    [
      `task.net.settings !== task.settings) leaveNet(task, true);`,
      `task.net.settings === null) leaveNet(task, true);`,
      `a changed deadline does not hold for a task that waits for a webhook`,
    ],
    [`() => task.net !== net || task.stop !== null ||`, `() => task.net !== net ||`, `a cancel waits for the net`],
    [`task.stop !== null || task.wake !== null);`, `task.stop !== null);`, `a webhook wakes nobody`],
    [
      `  if (task.wake === 'change') task.wake = null;\n`,
      ``,
      `a change of a task that waits for a webhook begins a hot loop`,
    ],
    [`plan.maxSeconds * 1000 + LAST_LOOK_MS`, `LAST_LOOK_MS`, `the net is gone after 100 seconds`],
  ],
);

const SCHEDULE = mutantsOf(
  'src/workflows/net-schedule.ts',
  ['webhook'],
  [
    [`    if (left < wait) return looks;\n`, ``, `looks are counted that were not made`],
    [`Math.floor(left / pollInterval`, `Math.ceil(left / pollInterval`, `a look is counted that was not made`],
    [
      `looks.push(Math.min(atMs, deadlineMs));`,
      `looks.push(deadlineMs);`,
      `the page tells of no look before the deadline`,
      ['modes'],
    ],
  ],
);

const NET_ACTIVITY = mutantsOf(
  'src/activities/net.ts',
  ['webhook'],
  [
    [`if (info.attempt > 1 || leftSeconds() <= 0) await look`, `await look`, `a look at once that nobody asked for`],
    [
      `answer !== null || missing > 0 || Object`,
      `answer !== null || Object`,
      `a response that is gone is waited for until the deadline`,
    ],
    [`report.pollIndex + (report.fault ? 0 : 1)`, `report.pollIndex + 1`, `an outage makes looks come farther apart`],
    [
      `Math.min(nextWaitSeconds(schedule, report), leftSeconds())`,
      `nextWaitSeconds(schedule, report)`,
      `the deadline holds only at the next look`,
    ],
    [
      `report.fault ? [secondsAfterFault] : plan.intervalsSeconds`,
      `plan.intervalsSeconds`,
      `behind a webhook a failed look is followed by the next after an hour`,
    ],
  ],
);

const FOLLOW = mutantsOf(
  'src/workflows/follow.ts',
  ['stream', 'auto'],
  [
    [
      `    if (ended === 'fall_back') giveUp(task, reason ?? 'no reason given');\n`,
      ``,
      `a stream that cannot be had is asked for in a hot loop`,
    ],
    [
      `if (wake === 'look') await lookOnce(task, responseId, true);`,
      `if (wake === 'look') task.looksInRun++;`,
      `lookNow does nothing while a stream is followed`,
    ],
    [
      `isOver() || task.stop !== null || task.wake`,
      `isOver() || task.wake`,
      `a cancel waits for the end of the stream`,
    ],
    [
      `  if (settings.watch !== 'auto') return Infinity;\n`,
      ``,
      `a stream is given up after five minutes although it is read well`,
      ['auto'],
    ],
    [`  scope.cancel();\n  await following;`, `  await following;`, `a cancel waits for the end of the stream`],
  ],
);

export const MODES_TABLE: readonly Mutant[] = [...MODES, ...NET, ...SCHEDULE, ...NET_ACTIVITY, ...FOLLOW];
