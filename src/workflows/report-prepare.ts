/** Before the run of a report: sources up, vector store built, container made. */
import { condition } from '@temporalio/workflow';
import { index, prepare } from './policies';
import { enterPhase, showReport, type Report, type ReportEnd } from './report-state';

/** Should the cleanup never run, upstream deletes the files by itself a day after the run must have ended. */
const EXPIRY_MARGIN_SECONDS = 86_400;
const DEFAULT_MAX_WAIT_SECONDS = 3600;

const INDEX_VISIT_SECONDS = 15;
/** Between two visits; a durable timer. */
const INDEX_PAUSE_MS = 15_000;
const MAX_INDEX_MS = 600_000;

async function uploadSources(report: Report): Promise<void> {
  const { input, mark } = report;
  const { maxWaitSeconds = DEFAULT_MAX_WAIT_SECONDS } = input.options;
  const expiresAfterSeconds = Math.ceil(maxWaitSeconds) + EXPIRY_MARGIN_SECONDS;
  for (const [i, source] of input.sources.entries()) {
    const summary = `upload source ${i + 1} of ${input.sources.length}`;
    const upload = { source, mark, expiresAfterSeconds };
    report.fileIds.push(await prepare.uploadSource.executeWithOptions({ summary }, [upload]));
    showReport(report);
  }
}

function nameOf({ fileIds, input }: Report, fileId: string): string {
  return input.sources[fileIds.indexOf(fileId)]?.name ?? fileId;
}

/** Null when the vector store is ready; a file that cannot be indexed is named, and is in the container all the same. */
async function awaitIndex(report: Report, vectorStoreId: string): Promise<ReportEnd | null> {
  const untilMs = Date.now() + MAX_INDEX_MS;
  for (;;) {
    const input = { vectorStoreId, visitSeconds: INDEX_VISIT_SECONDS };
    const { done, failed } = await index.awaitIndex.executeWithOptions({ summary: 'is it indexed' }, [input]);
    if (done) {
      for (const { fileId, reason } of failed)
        report.missing.push(`file search in ${nameOf(report, fileId)}: ${reason}`);
      return null;
    }
    if (Date.now() >= untilMs) {
      const message = `The vector store was not ready after ${MAX_INDEX_MS / 1000} s. No run was started.`;
      return { status: 'timed_out', error: { code: 'index_timeout', message } };
    }
    await condition(() => report.stop !== null, INDEX_PAUSE_MS, { summary: 'until the next look at the index' });
  }
}

async function buildVectorStore(report: Report): Promise<ReportEnd | null> {
  const { input, mark } = report;
  const fileIds = report.fileIds.filter((_, i) => input.sources[i]?.searchable);
  if (fileIds.length === 0) return null;
  enterPhase(report, 'indexing');
  const summary = `vector store of ${fileIds.length} files`;
  report.vectorStoreId = await prepare.createVectorStore.executeWithOptions({ summary }, [{ mark, fileIds }]);
  return awaitIndex(report, report.vectorStoreId);
}

/** Null when the run can begin. Throws what the activities throw. */
export async function prepareReport(report: Report): Promise<ReportEnd | null> {
  await uploadSources(report);
  const end = await buildVectorStore(report);
  if (end) return end;
  const { mark, fileIds } = report;
  report.containerId = await prepare.createContainer.executeWithOptions({ summary: 'container' }, [{ mark, fileIds }]);
  return null;
}
