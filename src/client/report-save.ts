/** A report as files: the text, the page, and what the run made. */
import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReportResult, StoredAnswer } from '../contracts';
import { UsageError } from '../errors';
import { markedName } from '../names';
import { reportHtml, reportMarkdown, type ReportDocument } from '../report';
import { citedPages } from '../report/answer';
import { fileNames } from '../report/file-names';
import { writeWhole } from '../results/write';
import type { BlobStore } from '../store';
import { readAnswer } from '../store/batch-records';

const FILES = 'files';

/** The page has what is not larger inside of it, within these bounds. */
const MAX_EMBEDDED_BYTES = 5 * 1024 * 1024;
const MAX_ALL_EMBEDDED_BYTES = 25 * 1024 * 1024;

const seconds = ({ startedAt, endedAt }: ReportResult): number =>
  Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 100) / 10;

async function answerOf(store: BlobStore, { reportId, status, answerKey }: ReportResult): Promise<StoredAnswer> {
  if (answerKey === null) throw new UsageError([`${reportId}: ended as ${status} without an answer to save`]);
  const answer = await readAnswer(store, answerKey);
  if (answer) return answer;
  const message = `its answer is not in ${store.place}, or was changed; use the DURABLE_RESPONSES_STORE of the worker`;
  throw new UsageError([`${reportId}: ${message}`]);
}

/** Writes the files of the run; gives them as the page wants them. */
async function writeArtifacts(store: BlobStore, { artifacts }: ReportResult, directory: string) {
  const names = fileNames(artifacts.map(({ name }) => name));
  const shown: ReportDocument['artifacts'] = [];
  let embeddedBytes = 0;
  for (const [i, { name, key, sizeBytes }] of artifacts.entries()) {
    const path = `${FILES}/${names[i] ?? String(i)}`;
    const content = await store.get(key);
    await writeWhole(join(directory, path), once(content));
    const fits = sizeBytes <= MAX_EMBEDDED_BYTES && embeddedBytes + sizeBytes <= MAX_ALL_EMBEDDED_BYTES;
    if (fits) embeddedBytes += sizeBytes;
    shown.push({ name, path, sizeBytes, content: fits ? content : null });
  }
  return shown;
}

/** The text with the names of the sources as people know them. */
const unmarked = (text: string, { sources, mark }: ReportResult): string =>
  sources.reduce((plain, { name }) => plain.replaceAll(markedName(name, mark), name), text);

function documentOf(result: ReportResult, answer: StoredAnswer, artifacts: ReportDocument['artifacts']) {
  const { title, sources, reportId, status, model, responseId, endedAt, usage } = result;
  const totalTokens = usage?.total_tokens ?? null;
  const cutShort =
    status === 'incomplete' ? [`The text is cut short: ${result.error?.message ?? 'no reason given'}.`] : [];
  return {
    title,
    markdown: unmarked(answer.outputText ?? '', result),
    artifacts,
    citations: citedPages(answer),
    sources,
    facts: { reportId, status, model, responseId, finishedAt: endedAt, seconds: seconds(result), totalTokens },
    notes: [
      ...cutShort,
      ...result.missing.map((what) => `Missing: ${what}`),
      ...result.notCleaned.map((what) => `Not deleted upstream: ${what}`),
    ],
  };
}

async function* once<T>(content: T): AsyncGenerator<T> {
  yield await Promise.resolve(content);
}

/** Makes the folders. @throws UsageError where `files` is a link: what a run made would be written to another place. */
async function makeFolders(directory: string, hasFiles: boolean): Promise<void> {
  const files = join(directory, FILES);
  await mkdir(hasFiles ? files : directory, { recursive: true });
  if (hasFiles && (await lstat(files)).isSymbolicLink())
    throw new UsageError([`${files}: is a link; remove it, or choose another folder`]);
}

/** @throws UsageError when there is no answer, or it is in another store. */
export async function saveReport(store: BlobStore, result: ReportResult, directory: string): Promise<string[]> {
  const answer = await answerOf(store, result);
  await makeFolders(directory, result.artifacts.length > 0);
  const document = documentOf(result, answer, await writeArtifacts(store, result, directory));
  const pages = [
    { path: join(directory, 'report.md'), text: reportMarkdown(document) },
    { path: join(directory, 'report.html'), text: reportHtml(document) },
  ];
  for (const { path, text } of pages) await writeWhole(path, once(text));
  return [...pages.map(({ path }) => path), ...document.artifacts.map(({ path }) => join(directory, path))];
}
