/** Mutants of the create: what may be paid twice, or forgotten. */
import { mutantsOf, type Mutant } from '../mutant';

const FAILURES = mutantsOf(
  'src/workflows/create.ts',
  ['model', 'money'],
  [
    [
      `    if (details?.phase === 'created') return { kind: 'created', report: details.report };\n`,
      ``,
      `a worker that is lost after the create: a second run is paid, and the first is forgotten`,
      ['killed'],
    ],
    [
      `if (details?.phase !== 'sending') return`,
      `if (details?.phase === 'sending') return`,
      `a worker that is lost during the create: the second run is silent`,
      ['killed'],
    ],
    [
      `    if (fault.maybeAccepted) return { kind: 'lost', fault, secretNames: cause.details?.[1] as string[] | undefined };\n`,
      ``,
      `a lost reply counts as a refusal: the second run is silent`,
    ],
    [
      `fault.retryable ? 'refused' : 'rejected'`,
      `fault.retryable ? 'rejected' : 'refused'`,
      `a rate limit ends the task, and a bad request is sent until the deadline`,
    ],
  ],
);

const LOST = mutantsOf(
  'src/workflows/create.ts',
  ['model', 'money'],
  [
    [
      `  progress.creates++;\n  progress.possibleOrphans.push({`,
      `  progress.possibleOrphans.push({`,
      `a create that may have been accepted is not counted`,
    ],
    [
      `settings.onAmbiguousCreate === 'retry' && progress`,
      `settings.onAmbiguousCreate !== 'retry' && progress`,
      `onAmbiguousCreate is taken for its opposite`,
    ],
    [
      `progress.possibleOrphans.length < MAX_POSSIBLE_CREATES`,
      `progress.possibleOrphans.length <= MAX_POSSIBLE_CREATES`,
      `a third run is paid`,
    ],
    [
      `&& !canAdopt(task) && !task.stop)`,
      `&& !task.stop)`,
      `a lost response whose id is known is given up`,
      ['orphans'],
    ],
    [
      `&& !canAdopt(task) && !task.stop)`,
      `&& !canAdopt(task))`,
      `a cancel during a create whose reply is lost ends as unknown`,
      ['signal'],
    ],
    [
      `    responseId: offeredId(task),\n`,
      ``,
      `a lost response whose id was heard of early is paid and not adopted`,
      ['model', 'orphans'],
    ],
  ],
);

const LOOP = mutantsOf(
  'src/workflows/create.ts',
  ['model'],
  [
    [
      `    if (adopt(task)) return null;\n`,
      ``,
      `a lost response whose id is known is paid again`,
      ['model', 'orphans'],
    ],
    [`    if (task.stop) return { status: 'cancelled', error: null };\n`, ``, `a create is sent after the cancel`],
    [
      `    if (Date.now() >= deadlineMs(task)) return tooLate(task);\n`,
      ``,
      `creates go on after the deadline`,
      ['createAgain'],
    ],
    [
      `    if (started.kind === 'created') {\n      progress.creates++;`,
      `    if (started.kind === 'created') {`,
      `a paid run is not counted`,
    ],
    [`      task.phase = 'watching';\n`, ``, `a task that watches says that it creates`],
    [
      `      if (offeredId(task) === progress.responseId) task.wake = 'look';\n`,
      ``,
      `a webhook that comes before the reply of the create is forgotten`,
      ['model', 'receiver'],
    ],
    [
      `      progress.knownSinceMs = Date.now();\n      task`,
      `      task`,
      `a replica that lags behind ends the task as expired`,
      ['outcomes'],
    ],
    [
      `() => task.stop !== null || canAdopt(task);`,
      `() => canAdopt(task);`,
      `a cancel waits for the time of the next create`,
    ],
    [
      `() => task.stop !== null || canAdopt(task);`,
      `() => task.stop !== null;`,
      `a response that could be adopted waits`,
      ['createAgain'],
    ],
  ],
);

const WAIT = mutantsOf(
  'src/workflows/send-again.ts',
  ['model'],
  [
    [
      `Math.max(createBackoffSeconds(tries), fault?.retryAfterSeconds ?? 0)`,
      `createBackoffSeconds(tries)`,
      `Retry-After of a refused create is not respected`,
    ],
    [
      `Math.max(createBackoffSeconds(tries), fault?.retryAfterSeconds ?? 0)`,
      `fault?.retryAfterSeconds ?? 0`,
      `creates are sent again without a wait: a hot loop against a server in trouble`,
    ],
    [
      `Math.max(1, Math.min(seconds * 1000, leftMs))`,
      `seconds * 1000`,
      `a wait for the next create outlasts the deadline`,
      ['createAgain'],
    ],
  ],
);

const BACKOFF = mutantsOf(
  'src/workflows/policies.ts',
  ['createAgain'],
  [
    [
      `Math.min(60, 2 ** Math.max(0, attempts - 1))`,
      `2 ** Math.max(0, attempts - 1)`,
      `waits between creates grow without end`,
    ],
    [`Math.min(60, 2 ** Math.max(0, attempts - 1))`, `1`, `waits between creates do not grow`],
    [
      `export const MAX_POSSIBLE_CREATES = 2;`,
      `export const MAX_POSSIBLE_CREATES = 3;`,
      `a third run is paid`,
      ['model', 'money'],
    ],
  ],
);

const SURVIVOR: Mutant = {
  file: 'src/workflows/policies.ts',
  find: `export const MAX_LOOKS_PER_RUN = 400;`,
  put: `export const MAX_LOOKS_PER_RUN = 4000;`,
  defect: `a history grows beyond its limit`,
  killers: ['manyLooks'],
  equivalent:
    'The servers of the tests suggest it themselves after 4,096 events, 372 looks; this is for one that does not.',
};

const ACTIVITY = mutantsOf(
  'src/activities/create-once.ts',
  ['killed'],
  [
    [
      `  await recordDurably(intent);\n`,
      ``,
      `a worker that is lost during the create leaves no trace of it: the second run is silent`,
    ],
  ],
);

export const CREATE: readonly Mutant[] = [...FAILURES, ...LOST, ...LOOP, ...WAIT, ...BACKOFF, ...ACTIVITY, SURVIVOR];
