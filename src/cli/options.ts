/** From words on the command line to a task. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { constants } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig } from '../config';
import type { Priority, ResponseRequest, TaskInput, TaskOptions, WatchOption } from '../contracts';
import { PRIORITIES, WATCH_OPTIONS } from '../contracts';
import { assertTask, checkId } from '../door';
import { count } from '../door/bounds';
import { isObject } from '../is-object';
import { messageOf, UsageError } from '../errors';

/** The wishes of `task start` and, for those that apply, `task attach`. */
export interface TaskFlags {
  model?: string;
  input?: string;
  instructions?: string;
  reasoningEffort?: string;
  reasoningSummary?: string;
  tool: Record<string, unknown>[];
  include: string[];
  metadata: Record<string, string>;
  request?: string;
  priority?: Priority;
  tenant?: string;
  label: Record<string, string>;
  file: string[];
  watch?: WatchOption;
  maxWait?: number;
  maxQueued?: number;
  pollIntervals?: number[];
  onTimeout?: 'cancel' | 'leave';
  onAmbiguousCreate?: 'retry' | 'fail';
  allowKeysInPrompt?: boolean;
}

export function numberOf(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

const numbersOf = (text: string): number[] => text.split(',').map(numberOf);
export const add =
  <T>(parse: (text: string) => T) =>
  (text: string, all: T[]): T[] => [...all, parse(text)];

export function pair(text: string, all: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected KEY=VALUE.');
  return { ...all, [text.slice(0, at)]: text.slice(at + 1) };
}

/** The parser's own message quotes the text, which may hold a credential: none of it is shown. */
function objectOf(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json.replace(/^\uFEFF/, ''));
    return isObject(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** `web_search`, or `mcp:{"server_label":...}`. The code interpreter needs a container, so it gets one. */
function toolOf(text: string): Record<string, unknown> {
  const at = text.indexOf(':');
  const type = at < 0 ? text : text.slice(0, at);
  const bare = type === 'code_interpreter' ? { type, container: { type: 'auto' } } : { type };
  if (at < 0) return bare;
  const fields = objectOf(text.slice(at + 1));
  if (!fields) throw new InvalidArgumentError('Expected NAME or NAME:{...json...}.');
  return { ...bare, ...fields };
}

/** The options of how a task is run, for commands that start one. */
export const withRunOptions = (command: Command): Command =>
  withReportOptions(command).option('--on-timeout <what>', 'cancel or leave');

/** Those of a report: its run is never left, since what it works with is deleted. */
export function withReportOptions(command: Command): Command {
  return command
    .option('--priority <level>', `one of ${PRIORITIES.join(', ')}`)
    .option('--tenant <name>', 'fairness key and TenantId')
    .option('--label <k=v>', 'kept in the memo (repeatable)', pair, {})
    .option('--watch <way>', `how the end is noticed: ${WATCH_OPTIONS.join(', ')}`)
    .option('--max-wait <seconds>', 'deadline of the whole task', numberOf)
    .option('--max-queued <seconds>', 'deadline for leaving the queue', numberOf)
    .option('--poll-intervals <list>', 'seconds between looks, e.g. 1,2,5,10', numbersOf)
    .option('--on-ambiguous-create <what>', 'retry or fail')
    .option('--allow-keys-in-prompt', 'the prompt has a key or token on purpose');
}

/** The options of what is asked of the model. */
export function withRequestOptions(command: Command): Command {
  return command
    .option('--model <name>')
    .option('--input <text>', 'the prompt; - for standard input, @FILE for a file')
    .option('--instructions <text>')
    .option('--reasoning-effort <level>')
    .option('--reasoning-summary <kind>')
    .option('--tool <name[:json]>', 'a tool (repeatable)', add(toolOf), [])
    .option('--include <what>', 'more of the output (repeatable)', add(String), [])
    .option('--metadata <k=v>', 'metadata of the response (repeatable)', pair, {})
    .option('--file <path>', 'upload for the code interpreter (repeatable)', add(String), [])
    .option('--request <file>', 'the body of POST /responses as JSON; other options go on top');
}

/** What Node says of a text that is longer than a string may be, and of a file of over 2 GiB. */
const isTooLong = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^ERR_(STRING_TOO_LONG|FS_FILE_TOO_LARGE)$/.test(String(error.code));

/**
 * @param path 0 for standard input.
 * @param what How the report names it.
 * @param advice What to do with a text that is too long for any program.
 */
export function readText(path: string | number, what: string, advice = 'shorten it'): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const tooLong = `more than ${count(constants.MAX_STRING_LENGTH)} characters are in it; ${advice}`;
    throw new UsageError([`${what}: ${isTooLong(error) ? tooLong : `cannot be read (${messageOf(error)})`}`]);
  }
}

function readInput(text: string): string {
  if (text === '-') return readText(0, '--input -');
  return text.startsWith('@') ? readText(text.slice(1), `--input ${text}`) : text;
}

function readRequest(path: string | undefined): Record<string, unknown> {
  if (path === undefined) return {};
  const request = objectOf(readText(path, `--request ${path}`));
  if (request) return request;
  throw new UsageError([`--request ${path}: expected a JSON object, the body of POST /responses`]);
}

/** An id of the command line. @throws UsageError when it cannot be one, before anything is connected to. */
export function assertId(id: string | undefined): void {
  const problems = id === undefined ? [] : checkId(id);
  if (problems.length > 0) throw new UsageError(problems);
}

const defined = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>;

/** Of a request that is not checked yet: what is no list stays one entry, for the check to refuse. */
const listIn = (tools: unknown): unknown[] => (Array.isArray(tools) ? tools : tools ? [tools] : []);

function checked(task: TaskInput): TaskInput {
  assertTask(task, loadConfig().network);
  return task;
}

/** The task that `task attach` describes. @throws UsageError when it is not valid. */
export function attachedTaskOf(responseId: string, flags: Partial<TaskFlags>): TaskInput {
  return checked({ attach: { responseId }, options: runOptionsOf(flags) });
}

export function runOptionsOf(flags: Partial<TaskFlags>): TaskOptions {
  const labels = flags.label && Object.keys(flags.label).length > 0 ? flags.label : undefined;
  const files = flags.file && flags.file.length > 0 ? flags.file.map((path) => ({ path: resolve(path) })) : undefined;
  return defined({
    priority: flags.priority,
    tenant: flags.tenant,
    labels,
    files,
    maxWaitSeconds: flags.maxWait,
    maxQueuedSeconds: flags.maxQueued,
    watch: flags.watch,
    pollIntervalsSeconds: flags.pollIntervals,
    onTimeout: flags.onTimeout,
    onAmbiguousCreate: flags.onAmbiguousCreate,
    allowKeysInPrompt: flags.allowKeysInPrompt,
  });
}

/** The task that `task start` describes. @throws UsageError when it is not valid. */
export function taskOf(flags: TaskFlags): TaskInput {
  const base = readRequest(flags.request);
  const reasoning = defined({ effort: flags.reasoningEffort, summary: flags.reasoningSummary });
  const request = {
    ...base,
    ...defined({ model: flags.model, instructions: flags.instructions }),
    ...(flags.input === undefined ? {} : { input: readInput(flags.input) }),
    ...(Object.keys(reasoning).length > 0 ? { reasoning: { ...(base.reasoning as object), ...reasoning } } : {}),
    ...(flags.tool.length > 0 ? { tools: [...listIn(base.tools), ...flags.tool] } : {}),
    ...(flags.include.length > 0 ? { include: flags.include } : {}),
    ...(Object.keys(flags.metadata).length > 0
      ? { metadata: { ...(base.metadata as object), ...flags.metadata } }
      : {}),
  };
  return checked({ request: request as ResponseRequest, options: runOptionsOf(flags) });
}
