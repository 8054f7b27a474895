/** What a mutant is, and the tests that may kill it. */

/** One defect, put into one file of the product by replacing one text. */
export interface Mutant {
  file: string;
  /** Found exactly once in the file. */
  find: string;
  put: string;
  /** What a user would meet if it were released. */
  defect: string;
  /** In the order in which they are run: the quick ones first. */
  killers: readonly Suite[];
  /** Why no test can tell it from the original, where that is so. */
  equivalent?: string;
}

export interface SuiteArgs {
  file: string;
  /** Of the full names of the tests that are run; default: all of the file. */
  names?: string;
  /** Runs what `npm run build` makes: the bundle of the workflows, or programs. */
  isOfBuild: boolean;
}

const pure = (name: string): SuiteArgs => ({ file: `test/${name}.test.ts`, isOfBuild: false });
const whole = (name: string, names?: string): SuiteArgs => ({ file: `test/${name}.test.ts`, names, isOfBuild: true });

/** Tests by a short name, each a run of its own. */
export const SUITES = {
  retryAfter: pure('retry-after'),
  cursor: pure('event-cursor'),
  visit: pure('visit'),
  failures: pure('failures'),
  follow: pure('follow'),
  answer: pure('answer'),
  settings: pure('settings'),
  modes: pure('modes'),
  door: pure('door'),
  model: whole('model'),
  outcomes: whole('task-outcomes'),
  schedule: whole('poll-schedule', '^(?!1,000)'),
  manyLooks: whole('poll-schedule', '^1,000'),
  webhook: whole('webhook-watch', '^(webhook|the safety net) '),
  auto: whole('webhook-watch', '^auto'),
  stream: whole('stream-watch', '^(a stream|an end by us|given a change)'),
  money: whole('money'),
  createAgain: whole('create-again'),
  changes: whole('client', '^while it runs changeTask while'),
  orphans: whole('orphans', '^a create whose reply was lost'),
  receiver: whole('webhook-receiver', '^a genuine message'),
  signal: whole('cancel', '^signal (?!twice|and Temporal)'),
  temporalCancel: whole('cancel', '^Temporal cancel'),
  killed: whole('kill-points'),
  gate: whole('gate'),
  proxy: pure('proxy'),
} as const satisfies Record<string, SuiteArgs>;

export type Suite = keyof typeof SUITES;

/** A row of a table: killers are those of its file unless it names others. */
type Row = [find: string, put: string, defect: string, killers?: readonly Suite[]];

/** The mutants of one file. */
export const mutantsOf = (file: string, usual: readonly Suite[], rows: readonly Row[]): Mutant[] =>
  rows.map(([find, put, defect, killers = usual]) => ({ file, find, put, defect, killers }));
