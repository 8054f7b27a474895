/** Starting a report: the sources are copied first, so that they may change, or be elsewhere, afterwards. */
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { REPORT_SECTIONS, type ReportInput, type ReportPlan, type StoredSource } from '../contracts';
import { reportSummary } from '../contracts/describe';
import { assertReport, sourceName } from '../door';
import { count } from '../door/bounds';
import { show } from '../door/problem';
import { UsageError } from '../errors';
import { SEARCH_ATTRIBUTES } from '../names';
import { reportFolder, reportKeys, type BlobStore } from '../store';
import { findStarted, startOrJoin, type StartContext, type Started } from './start';

/** An upload is one call with a deadline of a minute. */
const MAX_SOURCE_BYTES = 100 * 1024 * 1024;

/** Source: "Supported files" of the file search guide. Tables are for the code interpreter alone. */
const SEARCHABLE = new Set(
  '.c .cpp .cs .css .doc .docx .go .html .java .js .json .md .pdf .php .pptx .py .rb .sh .tex .ts .txt'.split(' '),
);

/** @throws UsageError naming each source that cannot be used. */
async function assertReadable({ sources }: ReportPlan): Promise<void> {
  const problems: string[] = [];
  for (const [i, { path }] of sources.entries()) {
    const refuse = (what: string) => problems.push(`sources[${i}].path: ${show(sourceName(path))} ${what}`);
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      refuse(`cannot be read (${error.code ?? 'unknown error'}); name a file that is there`);
    });
    if (!found) continue;
    if (!found.isFile()) refuse('is no file; name one');
    else if (found.size === 0) refuse('is empty; leave it out');
    else if (found.size > MAX_SOURCE_BYTES)
      refuse(`has ${count(found.size)} bytes, more than ${count(MAX_SOURCE_BYTES)}; split it`);
  }
  if (problems.length > 0) throw new UsageError(problems);
}

async function copySources(store: BlobStore, folder: string, { sources }: ReportPlan): Promise<StoredSource[]> {
  const stored: StoredSource[] = [];
  for (const [i, { path }] of sources.entries()) {
    const [name, key, content] = [sourceName(path), reportKeys.source(folder, i), await readFile(path)];
    await store.put(key, content);
    const searchable = SEARCHABLE.has(extname(name).toLowerCase());
    stored.push({ name, sizeBytes: content.length, key, searchable });
  }
  return stored;
}

function inputOf(plan: ReportPlan, folder: string, sources: StoredSource[]): ReportInput {
  return {
    folder,
    title: plan.title.trim(),
    sources,
    model: plan.model ?? 'o3',
    sections: plan.sections ?? [...REPORT_SECTIONS],
    instructions: plan.instructions ?? null,
    reasoningEffort: plan.reasoningEffort ?? 'high',
    metadata: plan.metadata ?? {},
    options: plan.options ?? {},
  };
}

function startWorkflow(context: StartContext, id: string, input: ReportInput): Promise<Started> {
  const { priority = 'medium', tenant } = input.options;
  const attributes = [
    { key: SEARCH_ATTRIBUTES.TaskPriority, value: priority },
    ...(tenant ? [{ key: SEARCH_ATTRIBUTES.TenantId, value: tenant }] : []),
  ];
  return startOrJoin(context.client, 'report', {
    workflowId: id,
    taskQueue: context.taskQueue,
    args: [input],
    staticSummary: reportSummary(input),
    memo: { folder: input.folder },
    ...(context.searchAttributes ? { typedSearchAttributes: attributes } : {}),
  });
}

/**
 * Starts a report, or joins the one that has its id.
 * @throws UsageError when the plan is not valid or a source cannot be read: nothing was started.
 */
export async function startReport(
  context: StartContext & { store: BlobStore },
  plan: ReportPlan,
  { id, random }: { id: string; random: string },
): Promise<Started> {
  assertReport(plan);
  const there = await findStarted(context, id, 'report');
  if (there) return there;
  await assertReadable(plan);
  const folder = reportFolder(context.client.options.namespace, id, random);
  const { store } = context;
  const sources = await copySources(store, folder, plan).catch(async (error: unknown) => {
    await store.removeAll(`${folder}/`);
    throw error;
  });
  const started = await startWorkflow(context, id, inputOf(plan, folder, sources));
  // Somebody was quicker with the same id: this copy is nobody's.
  if (started.joined) await store.removeAll(`${folder}/`);
  return started;
}
