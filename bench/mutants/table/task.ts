/** Mutants of the task itself: its messages, how it begins, goes on and closes. */
import { mutantsOf, type Mutant } from '../mutant';

const MESSAGES = mutantsOf(
  'src/workflows/task.ts',
  ['model'],
  [
    [
      `task.stop?.by === 'temporal' ? 'temporal' : by`,
      `by`,
      `a signal after Temporal's cancel closes it as Completed`,
      ['temporalCancel'],
    ],
    [`task.stop?.reason ?? reason`, `reason`, `the last reason for a cancel stands in the result, not the first`],
    [
      `  task.interrupt?.();\n  showDetails(task);`,
      `  showDetails(task);`,
      `a cancel waits until the visit that is under way is over`,
      ['signal'],
    ],
    [
      `  task.wake = 'change';\n  task.interrupt?.();`,
      `  task.interrupt?.();`,
      `changed intervals and deadlines hold only after the current wait`,
    ],
    [
      `  task.wake = 'change';\n  task.interrupt?.();`,
      `  task.wake = 'change';`,
      `changed intervals and deadlines hold only after the visit that is under way`,
      ['changes'],
    ],
    [
      `resolveSettings({ ...task.settings, ...change })`,
      `resolveSettings({ ...change })`,
      `a change sets all other options back to their defaults`,
    ],
    [`      task.wake = 'look';\n    },`, `    },`, `lookNow does nothing`],
    [
      `const problems = [...unknown.map((key) => \`\${key}: cannot be changed\`), ...waitingProblems(change ?? {})];`,
      `const problems = [...waitingProblems(change ?? {})];`,
      `a change of what cannot be changed is taken, and does nothing`,
    ],
    [
      `...waitingProblems(change ?? {})];\n  if (Object`,
      `];\n  if (Object`,
      `a running task takes a wait of no sense, e.g. -1 s`,
    ],
    [`() => task.result, {`, `() => null, {`, `the result of a cancelled task cannot be had by query`],
  ],
);

const LIFE = mutantsOf(
  'src/workflows/task.ts',
  ['model'],
  [
    [
      `await CancellationScope.nonCancellable(() => pursue(task))`,
      `await pursue(task)`,
      `Temporal's cancel cancels the cleanup, too: the run goes on and is paid`,
    ],
    [
      `  if (task.stop?.by === 'temporal')\n`,
      `  if (task.stop)\n`,
      `a task that was cancelled by signal closes as Cancelled`,
    ],
    [
      `    if (!mayRetry(task, end)) return finish(task, end);`,
      `    return finish(task, end);`,
      `retryOn does nothing`,
    ],
    [
      `if (!source || task.progress.responseId) return null;`,
      `if (!source) return null;`,
      `a task that continues as new creates a second response`,
      ['manyLooks'],
    ],
    [
      `  if (problems.length > 0) throw badInput(problems.join(' '));`,
      ``,
      `a program without our door can start a task with waits of no sense`,
      ['outcomes'],
    ],
  ],
);

const RETRY = mutantsOf(
  'src/workflows/retry.ts',
  ['model'],
  [
    [`progress.retries.length < times`, `progress.retries.length <= times`, `one paid run more than was allowed`],
    [` && (codes as readonly string[]).includes(code)`, ``, `failures that a retry cannot help are paid again`],
    [`  task.answer = null;\n`, ``, `the answer of the first response is given for the second`],
    [
      `{ pollIndex: 0, retryAfterSeconds`,
      `{ retryAfterSeconds`,
      `looks at the second response begin with the longest wait`,
    ],
    [
      `Math.max(1, Math.min(seconds * 1000, deadlineMs(task) - Date.now()))`,
      `1`,
      `a response follows a failed one at once, however often`,
    ],
    [
      `  progress.retries.push({ responseId: progress.responseId ?? '', code, usage: answer?.usage ?? null });\n`,
      ``,
      `failed responses that were paid are not named, and retries do not end`,
    ],
  ],
);

const ADOPT = mutantsOf(
  'src/workflows/adopt.ts',
  ['model'],
  [
    [` && RESPONSE_ID_PATTERN.test(responseId)`, ``, `a signal can bring any text as an id, and it becomes a path`],
    [
      `    task.wake = 'look';\n    return;\n`,
      `    return;\n`,
      `a webhook that names the task's own response wakes nobody`,
    ],
    [
      `find(({ attempt }) => attempt === offer.attempt)`,
      `find(() => true)`,
      `any response is taken for the lost one, whichever create it is of`,
      ['createAgain'],
    ],
    [
      `  progress.possibleOrphans = progress.possibleOrphans.filter((one) => one !== found);\n`,
      ``,
      `a response that was adopted is named as an orphan`,
      ['createAgain'],
    ],
    [
      `  task.wake = 'look';\n  return true;`,
      `  return true;`,
      `an adopted response, most likely ended, is looked at late`,
      ['createAgain'],
    ],
    [
      `  progress.responseId = found.responseId;\n`,
      ``,
      `a task that adopts has no response to watch, and fails`,
      ['createAgain'],
    ],
  ],
);

const SURVIVOR: Mutant[] = [
  {
    file: 'src/workflows/task.ts',
    find: `  if (task.result) return;\n`,
    put: ``,
    defect: `a cancel after the end changes what the task says of its cancel`,
    killers: ['model', 'signal', 'temporalCancel'],
    equivalent:
      'The workflow returns in the step that sets the result; messages of that step are handled before it, and later ones ' +
      'are refused by the server.',
  },
];

export const TASK: readonly Mutant[] = [...MESSAGES, ...LIFE, ...RETRY, ...ADOPT, ...SURVIVOR];
