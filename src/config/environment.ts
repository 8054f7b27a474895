/** Which variables of an environment are for whom. Pure: `../config.ts` reads the process's own. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of the same family that say nothing about a connection. */
const PROGRAM_VARIABLES = ['TEMPORAL_CLI_PATH', 'TEMPORAL_TEST_SERVER_PATH'];

/** Other variables by which `@temporalio/envconfig` finds the config file. */
const CONFIG_FILE_PLACES = ['HOME', 'XDG_CONFIG_HOME', 'APPDATA'];

/** Keys and connection settings of this program. */
const OWN_SECRETS = /^(OPENAI|TEMPORAL|DURABLE_RESPONSES_(ENCRYPTION|CODEC))_/;

/** What this program itself is run with, S3 among it: `secret://NAME` never stands for one of them. */
const NOT_FOR_TASKS = /^(OPENAI|TEMPORAL|DURABLE_RESPONSES|AWS)_/i;

/** `NAME=` in a file or a container's settings means "not set". */
export function withoutEmpty(environment: Environment): Record<string, string> {
  const entries = Object.entries(environment).flatMap(([name, value]): [string, string][] =>
    value === undefined || value.trim() === '' ? [] : [[name, value]],
  );
  return Object.fromEntries(entries);
}

/**
 * The value of a variable for `secret://NAME`; undefined when it is not set, is empty, or is one of this program's own: who
 * starts a task could have its keys sent to a server of theirs.
 */
export function secretOf(environment: Environment, name: string): string | undefined {
  return NOT_FOR_TASKS.test(name) || !Object.hasOwn(environment, name) ? undefined : environment[name] || undefined;
}

/** What says how to connect to a Temporal server. */
export function connectionVariables(environment: Record<string, string>): Record<string, string> {
  const isOne = (name: string) => name.startsWith('TEMPORAL_') && !PROGRAM_VARIABLES.includes(name);
  const entries = Object.entries(environment).filter(([name]) => isOne(name) || CONFIG_FILE_PLACES.includes(name));
  return Object.fromEntries(entries);
}

/** What a program that is started may inherit. */
export function forChildren(environment: Environment): Record<string, string> {
  const entries = Object.entries(withoutEmpty(environment)).filter(([name]) => !OWN_SECRETS.test(name));
  return Object.fromEntries(entries);
}
