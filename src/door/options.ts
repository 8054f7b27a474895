/** The options of a task. */
import { PRIORITIES, RETRYABLE_CODES, WATCH_OPTIONS, type TaskOptions } from '../contracts';
import { credentialIn } from '../security/credential-forms';
import { MAX_OUTPUT_BYTES, waitingProblems } from '../settings';
import { count } from './bounds';
import { at, isFields, isText, unknownFields, type Fields, type Problem } from './problem';

const ENUMS: Record<string, readonly string[]> = {
  priority: PRIORITIES,
  onTimeout: ['cancel', 'leave'],
  onAmbiguousCreate: ['retry', 'fail'],
  watch: WATCH_OPTIONS,
};

// A record, so that the compiler misses an option that is added to the contract and not here.
const NAMES: Record<keyof TaskOptions, true> = {
  watch: true,
  safetyNetSeconds: true,
  webhookReceiver: true,
  pollIntervalsSeconds: true,
  inlineWaitSeconds: true,
  maxWaitSeconds: true,
  maxQueuedSeconds: true,
  onTimeout: true,
  onAmbiguousCreate: true,
  priority: true,
  tenant: true,
  labels: true,
  files: true,
  retryOn: true,
  maxOutputBytes: true,
  allowKeysInPrompt: true,
};

export const OPTION_NAMES = Object.keys(NAMES);

/** Labels are in the memo and on the page of a task, which the server keeps small. */
const MAX_LABELS = 20;
const MAX_LABEL_NAME_CHARS = 64;
const MAX_LABEL_CHARS = 512;
const MAX_FILES = 50;
const MAX_PATH_CHARS = 1000;
const MAX_RETRIES = 10;

function enumProblems(options: Fields): Problem[] {
  return Object.entries(ENUMS).flatMap(([field, allowed]) => {
    const value = options[field];
    if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return [];
    return [{ field, message: `unknown value; write ${allowed.map((name) => `"${name}"`).join(' or ')}` }];
  });
}

function labelProblems(labels: unknown): Problem[] {
  if (labels === undefined) return [];
  if (!isFields(labels))
    return [{ field: 'labels', message: 'expected an object of strings; write {"name": "value"}' }];
  const entries = Object.entries(labels);
  if (entries.length > MAX_LABELS) {
    return [{ field: 'labels', message: `${entries.length} are too many; write at most ${MAX_LABELS}` }];
  }
  return entries.flatMap(([name, value]) => {
    const field = at('labels', name);
    if (typeof value !== 'string') return [{ field, message: 'expected a string; write the value in quotes' }];
    const kind = credentialIn(name) ?? credentialIn(value);
    if (kind) return [{ field, message: `what looks like ${kind} would be kept in the memo; take it out` }];
    if (name.length <= MAX_LABEL_NAME_CHARS && value.length <= MAX_LABEL_CHARS) return [];
    const bounds = `write a name of at most ${MAX_LABEL_NAME_CHARS} and a value of at most ${MAX_LABEL_CHARS} characters`;
    return [{ field, message: `too long; ${bounds}` }];
  });
}

function fileProblems(files: unknown): Problem[] {
  if (files === undefined) return [];
  const example = 'write [{"path": "data.csv"}]';
  if (!Array.isArray(files)) return [{ field: 'files', message: `expected an array; ${example}` }];
  if (files.length > MAX_FILES) {
    return [{ field: 'files', message: `${files.length} are too many; write at most ${MAX_FILES}` }];
  }
  return files.flatMap((file: unknown, i): Problem[] => {
    const place = `files[${i}]`;
    if (!isFields(file)) return [{ field: place, message: `expected an object; ${example}` }];
    const problems = unknownFields(file, ['path', 'purpose'], { place });
    if (!isText(file.path) || file.path.length > MAX_PATH_CHARS) {
      problems.push({
        field: `${place}.path`,
        message: `expected a path of at most ${MAX_PATH_CHARS} characters; ${example}`,
      });
    }
    if (file.purpose !== undefined && !isText(file.purpose)) {
      problems.push({ field: `${place}.purpose`, message: 'expected a string; write "user_data" or leave it out' });
    }
    return problems;
  });
}

function retryProblems(retryOn: unknown): Problem[] {
  if (retryOn === undefined) return [];
  if (!isFields(retryOn)) return [{ field: 'retryOn', message: 'expected an object; write {"times": 2}' }];
  const problems = unknownFields(retryOn, ['codes', 'times'], { place: 'retryOn' });
  const { codes, times } = retryOn;
  if (!(Number.isInteger(times) && Number(times) >= 1 && Number(times) <= MAX_RETRIES))
    problems.push({ field: 'retryOn.times', message: `expected a whole number from 1 to ${MAX_RETRIES}` });
  const known: readonly unknown[] = RETRYABLE_CODES;
  if (codes !== undefined && !(Array.isArray(codes) && codes.length > 0 && codes.every((code) => known.includes(code))))
    problems.push({ field: 'retryOn.codes', message: `expected a list of ${RETRYABLE_CODES.join(' and ')}` });
  return problems;
}

function tenantProblems(tenant: unknown): Problem[] {
  const field = 'tenant';
  if (tenant === undefined) return [];
  if (typeof tenant !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(tenant))
    return [{ field, message: 'expected a name; write 1 to 64 of A-Z a-z 0-9 . _ -' }];
  const kind = credentialIn(tenant);
  return kind ? [{ field, message: `looks like ${kind}, and tenants are in clear on the server; write a name` }] : [];
}

/** Those of `settings.ts`, which are shared with the running workflow, are sentences that begin with the field. */
function splitSentence(sentence: string): Problem {
  const end = sentence.indexOf(': ');
  return { field: sentence.slice(0, end), message: sentence.slice(end + 2) };
}

/** The problems of the options of a task; undefined is fine. */
export function optionProblems(options: unknown): Problem[] {
  if (options === undefined) return [];
  if (!isFields(options)) return [{ field: 'options', message: 'expected an object; write {"priority": "high"}' }];
  const { maxOutputBytes: bytes, webhookReceiver, allowKeysInPrompt } = options;
  const problems = [
    ...unknownFields(options, OPTION_NAMES, { noun: 'option' }),
    ...waitingProblems(options as TaskOptions).map(splitSentence),
    ...enumProblems(options),
    ...labelProblems(options.labels),
    ...fileProblems(options.files),
    ...retryProblems(options.retryOn),
    ...tenantProblems(options.tenant),
  ];
  for (const [field, value] of Object.entries({ webhookReceiver, allowKeysInPrompt })) {
    if (value === undefined || typeof value === 'boolean') continue;
    problems.push({ field, message: 'expected a boolean; write true or false' });
  }
  if (bytes !== undefined && !(Number.isInteger(bytes) && Number(bytes) >= 0 && Number(bytes) <= MAX_OUTPUT_BYTES)) {
    problems.push({
      field: 'maxOutputBytes',
      message: `expected a whole number; write one from 0 to ${count(MAX_OUTPUT_BYTES)}`,
    });
  }
  return problems;
}
