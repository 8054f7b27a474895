/** Mutants of what needs no server to be tested: the cursor of a stream, the schedule of looks, a visit. */
import { mutantsOf, type Mutant } from '../mutant';

const CURSOR = mutantsOf(
  'src/stream/event-cursor.ts',
  ['cursor'],
  [
    [
      `const expected = (last ?? -1) + 1;`,
      `const expected = (last ?? 0) + 1;`,
      `the first event of a stream is dropped`,
    ],
    [
      `number === expected || this.gapAfter === expected`,
      `number === expected`,
      `a gap that upstream cannot fill stops the stream for ever`,
    ],
    [
      `previous !== null && number < previous`,
      `previous !== null && number <= previous`,
      `an event that comes twice counts as numbers that begin anew`,
    ],
    [
      `if (previous !== null && number < previous) {`,
      `if (previous === null) {`,
      `numbers that begin anew are taken for a replay: the rest is dropped`,
    ],
    [
      `(completed|failed|incomplete|cancelled)$/`,
      `(completed|failed|cancelled)$/`,
      `a run that is cut short is not noticed as ended`,
    ],
    [
      `    this.previous = null;\n    this.isTerminal`,
      `    this.isTerminal`,
      `a second connection counts as numbers that begin anew`,
    ],
    [`    this.isTerminal = false;\n`, ``, `an end that no GET confirms stays the end`],
    [`    if (this.last === null) this.text = '';\n`, ``, `the first words of a text are there twice`],
    [
      `event.type === 'error' ? null : numberOf(event)`,
      `numberOf(event)`,
      `an error takes the number of the event after it, which is dropped`,
    ],
    [`      this.last = number;\n`, ``, `a stream is read from its beginning again and again`],
    [`const MAX_TAIL_BYTES = 2_048;`, `const MAX_TAIL_BYTES = 20_480;`, `heartbeats carry ten times the text`],
    [`from - (isPair ? 2 : 1)`, `from - 1`, `half a character in a heartbeat`],
    [`    if (bytes > maxBytes) break;\n`, ``, `heartbeats carry the whole text`],
    [`Number.isSafeInteger(number) && number >= 0`, `number >= 0`, `a number of no sense moves the cursor`],
    [`if (this.isTerminal || STARTED`, `if (STARTED`, `a run that ends at once is waited for in the queue`],
  ],
);

const SETTINGS = mutantsOf(
  'src/settings.ts',
  ['settings', 'door'],
  [
    [
      `const MIN_WAIT_AFTER_FAULT_SECONDS = 1;`,
      `const MIN_WAIT_AFTER_FAULT_SECONDS = 0;`,
      `looks at a server in trouble come closer than a second`,
    ],
    [
      `return Math.max(pollInterval(intervals, at.pollIndex)`,
      `return Math.min(pollInterval(intervals, at.pollIndex)`,
      `looks come as fast as the machine can`,
    ],
    [`at.retryAfterSeconds ?? 0, least)`, `least)`, `Retry-After is not respected`],
    [
      `Math.min(pollIndex, intervals.length - 1)`,
      `pollIndex % intervals.length`,
      `the schedule begins anew in place of repeating its last interval`,
    ],
    [
      `Number.isFinite(value) && value >= min && value <= max`,
      `Number.isFinite(value) && value <= max`,
      `a wait below zero passes`,
    ],
    [
      `Number.isFinite(value) && value >= min && value <= max`,
      `Number.isFinite(value) && value >= min`,
      `a wait of a century passes`,
    ],
    [`value.length > 0 && value.length <= 100`, `value.length <= 100`, `a schedule without intervals passes`],
    [
      `filter(([, value]) => value !== undefined)`,
      `filter(() => true)`,
      `an option that is undefined takes the place of its default`,
    ],
    [`  onTimeout: 'cancel',`, `  onTimeout: 'leave',`, `a run that is too slow goes on and is paid`],
    [`  onAmbiguousCreate: 'retry',`, `  onAmbiguousCreate: 'fail',`, `a lost reply ends the task`],
    [`  maxWaitSeconds: 3600,`, `  maxWaitSeconds: 36_000,`, `a run that hangs is waited for ten hours`],
    [
      `inlineWaitSeconds !== undefined && !isNumberIn(inlineWaitSeconds, 0,`,
      `inlineWaitSeconds !== undefined && !isNumberIn(inlineWaitSeconds, 1,`,
      `inlineWaitSeconds: 0 is refused`,
    ],
  ],
);

const VISIT = mutantsOf(
  'src/activities/visit.ts',
  ['visit'],
  [
    [
      `'Upstream.NotFound' ? report.missing + 1 : 0`,
      `'Upstream.NotFound' ? 1 : 0`,
      `a response that is gone is never expired`,
    ],
    [
      `'Upstream.NotFound' ? report.missing + 1 : 0`,
      `'Upstream.NotFound' ? report.missing + 1 : report.missing`,
      `two 404s with an outage between them end the task`,
    ],
    [
      `    if (deps.signal.aborted) return;\n    report`,
      `    report`,
      `a look that we cut off is told as a failure of upstream`,
    ],
    [`  return report.missing > 0;\n`, `  return false;\n`, `a 404 is confirmed within a second`],
    [`model, fault: null, missing: 0 }`, `model, fault: null }`, `404s that were a lag end the task later`],
    [`model, fault: null, missing: 0 }`, `model, missing: 0 }`, `a fault that is over is still told`],
    [`fault: plan.fault ?? null`, `fault: null`, `after a look that failed the next visit looks too soon`],
    [`      report.pollIndex++;\n`, ``, `looks never come farther apart`],
    [`elapsedSeconds + waitSeconds > VISIT_SECONDS`, `false`, `a visit holds its slot as long as the run lasts`],
    [
      `if (deps.signal.aborted || leftSeconds < waitSeconds) return report;`,
      `if (deps.signal.aborted) return report;`,
      `a look after the deadline`,
    ],
    [`    if (report.answer) return report;\n`, ``, `a run that has ended is looked at again`],
    [
      `} else if (!isKnownStatus(status)) {`,
      `} else if (isKnownStatus(status)) {`,
      `statuses that are known are counted as unknown`,
    ],
    [`    report.retryAfterSeconds = null;\n`, ``, `a Retry-After that is over makes every later look late`],
    [
      `report.retryAfterSeconds = report.fault.retryAfterSeconds;`,
      `report.retryAfterSeconds = null;`,
      `Retry-After is not respected`,
    ],
    [
      `    await recallSecrets(report.responseId, plan.secretNames ?? [], deps.secrets);\n`,
      ``,
      `a secret that another worker has sent is in the answer`,
    ],
  ],
);

const READER = mutantsOf(
  'src/activities/follow.ts',
  ['follow'],
  [
    [
      `cursor.last === before || cursor.isTerminal ? failures + 1 : 0`,
      `cursor.last === before ? failures + 1 : 0`,
      `an end that no GET confirms is asked for a hundred times`,
    ],
    [
      `cursor.last === before || cursor.isTerminal ? failures + 1 : 0`,
      `0`,
      `a stream that cannot be had is asked for a hundred times`,
    ],
    [
      `      if (taken === 'restart') return`,
      `      if (taken === 'new') return`,
      `a stream whose numbers begin anew is read on: text is lost`,
    ],
    [
      `!fault.retryable && fault.type !== 'Upstream.NotFound'`,
      `!fault.retryable`,
      `a replica that lags behind ends the stream`,
    ],
    [`    if (report.answer) return give('answered');\n`, ``, `a run whose stream has ended is connected to again`],
    [`Math.max(failures, short - 1)`, `failures`, `a stream that is cut soon after each event is a hot loop`],
    [
      `startingAfter: cursor.last, include`,
      `startingAfter: null, include`,
      `a stream is read from its beginning again and again`,
    ],
  ],
);

const SURVIVOR: Mutant = {
  file: 'src/activities/follow.ts',
  find: `    if (signal.aborted) throw error;\n`,
  put: ``,
  defect: `a stream that we leave is told as a failure of upstream`,
  killers: ['follow'],
  equivalent: 'The look after it has the same signal and does nothing, and then the loop throws for the same reason.',
};

export const PURE: readonly Mutant[] = [...CURSOR, ...SETTINGS, ...VISIT, ...READER, SURVIVOR];
