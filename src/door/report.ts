/** A report that is to be started: its title, sources, sections and options. */
import { basename } from 'node:path';
import { REPORT_EFFORTS, type ReportPlan } from '../contracts';
import { UsageError } from '../errors';
import { promptProblem } from './inline-credentials';
import { optionProblems } from './options';
import { isFields, isText, own, say, show, unknownFields, type Fields, type Problem } from './problem';
import { requestProblems } from './request';

const MAX_TITLE_CHARS = 200;
/** All of them are in one container, which takes 50 files. */
const MAX_SOURCES = 20;
const MAX_NAME_CHARS = 150;
const MAX_SECTIONS = 30;
/** A container is kept alive by a look every ten minutes: three days are 5,000 events of history. */
const MAX_WAIT_SECONDS = 3 * 86_400;

const FIELDS = ['title', 'sources', 'model', 'sections', 'instructions', 'reasoningEffort', 'metadata', 'options'];
const OPTIONS = [
  'watch',
  'safetyNetSeconds',
  'pollIntervalsSeconds',
  'inlineWaitSeconds',
  'maxWaitSeconds',
  'maxQueuedSeconds',
  'onAmbiguousCreate',
  'priority',
  'tenant',
  'labels',
  'retryOn',
  'allowKeysInPrompt',
];

/** One line of at most so many characters. */
const isLine = (value: unknown, maxChars: number): value is string =>
  isText(value) && value.length <= maxChars && !/\p{Cc}/u.test(value);

/** The name that a source has in the report: that of its file. */
export const sourceName = (path: string): string => basename(path);

function sourceProblems(sources: unknown): Problem[] {
  const example = 'write [{"path": "sales_data.csv"}]';
  if (!Array.isArray(sources) || sources.length === 0)
    return [{ field: 'sources', message: `expected a list of files; ${example}` }];
  if (sources.length > MAX_SOURCES)
    return [{ field: 'sources', message: `${sources.length} are too many; write at most ${MAX_SOURCES}` }];
  const names = new Set<string>();
  return sources.flatMap((source: unknown, i): Problem[] => {
    const field = `sources[${i}]`;
    if (!isFields(source)) return [{ field, message: `expected an object; ${example}` }];
    const problems = unknownFields(source, ['path'], { place: field });
    const { path } = source;
    if (!isText(path)) return [...problems, { field: `${field}.path`, message: `expected a path; ${example}` }];
    const name = sourceName(path);
    if (!isLine(name, MAX_NAME_CHARS)) {
      const message = `the name of the file has more than ${MAX_NAME_CHARS} characters, or one that no name should have; rename it`;
      problems.push({ field: `${field}.path`, message });
    }
    if (names.has(name))
      problems.push({ field: `${field}.path`, message: `another source is named ${show(name)} too; rename one` });
    names.add(name);
    return problems;
  });
}

function sectionProblems(sections: unknown): Problem[] {
  if (sections === undefined) return [];
  const fits = (title: unknown) => isLine(title, MAX_TITLE_CHARS);
  if (Array.isArray(sections) && sections.length > 0 && sections.length <= MAX_SECTIONS && sections.every(fits))
    return [];
  return [
    { field: 'sections', message: `expected 1 to ${MAX_SECTIONS} titles of one line; write ["Executive summary"]` },
  ];
}

function reportOptionProblems(options: unknown): Problem[] {
  if (!isFields(options)) return optionProblems(options);
  const { maxWaitSeconds } = options;
  const problems = [
    ...unknownFields(options, OPTIONS, { noun: 'option of a report' }),
    ...optionProblems(Object.fromEntries(OPTIONS.map((name) => [name, options[name]]))),
  ];
  if (typeof maxWaitSeconds === 'number' && maxWaitSeconds > MAX_WAIT_SECONDS)
    problems.push({ field: 'maxWaitSeconds', message: `a report may take at most ${MAX_WAIT_SECONDS} seconds` });
  return problems;
}

/** Title and sections are written into the prompt. */
function promptProblems({ title, sections }: Fields, isAllowed: boolean): Problem[] {
  const texts = Object.entries({ title, ...(Array.isArray(sections) ? sections : []) });
  return texts.flatMap(([name, text]) => {
    const message = typeof text === 'string' ? promptProblem(text, isAllowed) : undefined;
    return message === undefined ? [] : [{ field: name === 'title' ? name : `sections[${name}]`, message }];
  });
}

/** What becomes a part of the request is held to its rules. */
function partsOfRequest(plan: Fields): Problem[] {
  const { model = 'o3', instructions, metadata, options } = plan;
  const allowKeysInPrompt = isFields(options) && options.allowKeysInPrompt === true;
  return [
    ...requestProblems({ model, input: 'a report', instructions, metadata }, { allowKeysInPrompt }),
    ...promptProblems(plan, allowKeysInPrompt),
  ];
}

/** The problems of a report, each with its field. */
export function reportProblems(plan: unknown): Problem[] {
  if (!isFields(plan))
    return [{ field: 'report', message: 'expected an object; write {"title": "…", "sources": [{"path": "…"}]}' }];
  const problems = unknownFields(plan, FIELDS);
  if (!isLine(own(plan, 'title'), MAX_TITLE_CHARS))
    problems.push({ field: 'title', message: `expected one line of at most ${MAX_TITLE_CHARS} characters` });
  const effort = own(plan, 'reasoningEffort');
  if (effort !== undefined && !REPORT_EFFORTS.some((known) => known === effort))
    problems.push({ field: 'reasoningEffort', message: `unknown value; write one of ${REPORT_EFFORTS.join(', ')}` });
  return [
    ...problems,
    ...sourceProblems(own(plan, 'sources')),
    ...sectionProblems(own(plan, 'sections')),
    ...partsOfRequest(plan),
    ...reportOptionProblems(own(plan, 'options')),
  ];
}

/** @throws UsageError with every problem of the report. */
export function assertReport(plan: unknown): asserts plan is ReportPlan {
  const problems = reportProblems(plan).map((problem) => say(problem));
  if (problems.length > 0) throw new UsageError(problems);
}
