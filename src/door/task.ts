/** One task: a request or a response to attach to, and options. */
import type { TaskInput } from '../contracts';
import { UsageError } from '../errors';
import { ID_PATTERN, RESPONSE_ID_PATTERN } from '../names';
import { credentialIn } from '../security/credential-forms';
import { fileUseProblems } from './files';
import { OPTION_NAMES, optionProblems } from './options';
import { isFields, own, say, show, unknownFields, type Problem } from './problem';
import { requestProblems } from './request';
import type { DoorRules } from './urls';

/**
 * What is wrong with the id of a task, batch or report; empty when nothing is.
 *
 * @param what How the report names it.
 */
export function checkId(id: string, what = 'id'): string[] {
  const kind = credentialIn(String(id));
  if (kind) return [`${what}: looks like ${kind}, and ids are in clear on the server; write another`];
  if (typeof id === 'string' && ID_PATTERN.test(id)) return [];
  const advice = 'write 1 to 200 of A-Z a-z 0-9 . _ : / - that begin with a letter or digit';
  return [`${what}: ${show(String(id))} cannot be an id; ${advice}`];
}

function attachProblems(attach: unknown): Problem[] {
  if (!isFields(attach)) return [{ field: 'attach', message: 'expected an object; write {"responseId": "resp_…"}' }];
  const id = own(attach, 'responseId');
  const problems = unknownFields(attach, ['responseId'], { place: 'attach' });
  if (typeof id === 'string' && RESPONSE_ID_PATTERN.test(id)) return problems;
  const found =
    id === undefined ? 'missing' : `${show(typeof id === 'string' ? id : typeof id)} cannot be a response id`;
  return [...problems, { field: 'attach.responseId', message: `${found}; write the id that the API gave, "resp_…"` }];
}

const HINTS = {
  ...Object.fromEntries(OPTION_NAMES.map((name) => [name, 'write it inside options'])),
  carried: 'only a running workflow sets it; leave it out',
};

/** The problems of a task, each with its field. */
export function taskProblems(task: unknown, rules: DoorRules = {}): Problem[] {
  const shape = 'write {"request": {…}} or {"attach": {"responseId": "resp_…"}}';
  if (!isFields(task)) return [{ field: 'task', message: `expected an object; ${shape}` }];
  const problems = unknownFields(task, ['request', 'attach', 'options'], { hints: HINTS });
  const [request, attach] = [own(task, 'request'), own(task, 'attach')];
  if ((request === undefined) === (attach === undefined)) {
    const found = request === undefined ? 'neither request nor attach is given' : 'both request and attach are given';
    problems.push({ field: 'task', message: `${found}; ${shape}` });
  } else {
    const allowKeysInPrompt = isFields(task.options) && task.options.allowKeysInPrompt === true;
    const all = { ...rules, allowKeysInPrompt };
    problems.push(...(attach === undefined ? requestProblems(request, all) : attachProblems(attach)));
  }
  const files = isFields(task.options) ? task.options.files : undefined;
  return [...problems, ...optionProblems(task.options), ...fileUseProblems(task, files)];
}

/**
 * What is wrong with a `TaskInput`, one line each: `field: what is wrong; what to write instead`. Fields of the request
 * and of the options are named without `request.` and `options.`. Empty when nothing is wrong.
 *
 * @param place Said before each field, e.g. `line 7`.
 * @param rules Hosts that may be private; default: none.
 */
export function checkTask(task: unknown, place?: string, rules: DoorRules = {}): string[] {
  return taskProblems(task, rules).map((problem) => say(problem, place));
}

/** @throws UsageError with every problem of the task. */
export function assertTask(task: unknown, rules: DoorRules = {}): asserts task is TaskInput {
  const problems = checkTask(task, undefined, rules);
  if (problems.length > 0) throw new UsageError(problems);
}
