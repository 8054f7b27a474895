/** The activities of reports: sources up, files of the run down, everything upstream deleted. */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { createHash } from 'node:crypto';
import type {
  CleanUpReport,
  CleanUpReportInput,
  CollectReport,
  FoundArtifact,
  IndexInput,
  IndexReport,
  ReportArtifact,
  StoredAnswer,
  UploadSourceInput,
} from '../contracts';
import { markedName } from '../names';
import { redact } from '../security/redact';
import { citedFiles, missingSections } from '../report/answer';
import { BlobMissingError, DamagedBlobError, type BlobStore } from '../store';
import { answerBlob, readAnswer } from '../store/batch-records';
import { toFault, toStoredAnswer, type Upstream } from '../upstream';
import { failureOf } from './failure';
import { underHeartbeats } from './heartbeat';
import { CLEAN_UP_ATTEMPTS, remover } from './resources';
import { pause } from './visit';

export interface ReportDeps {
  upstream: Upstream;
  store: BlobStore;
  nowMs: () => number;
}

export interface CollectInput {
  responseId: string;
  /** Where the answer is, or goes when it is not there. */
  answerKey: string;
  containerId: string;
  sections: string[];
}

const INDEX_LOOK_SECONDS = 1;
const MAX_ARTIFACTS = 100;
const MAX_NAME_CHARS = 200;

function failure(error: unknown, { upstream, store, nowMs }: ReportDeps): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isLost = error instanceof BlobMissingError || error instanceof DamagedBlobError;
  const inStore = isLost || ['ENOSPC', 'EACCES', 'EROFS', 'EIO'].includes(code);
  if (!inStore) return failureOf(toFault(error, nowMs(), upstream.secrets));
  const why = redact(error instanceof Error ? error.message : code);
  const message = `The worker cannot use the store ${store.place}: ${why} The client and every worker need the same one.`;
  return ApplicationFailure.create({ type: 'StoreFailed', message, nonRetryable: isLost });
}

/** The answer: from the store, else from upstream and into the store. */
async function answerOf({ responseId, answerKey }: CollectInput, { store, upstream }: ReportDeps) {
  const stored = await readAnswer(store, answerKey);
  if (stored) return stored;
  const answer = toStoredAnswer(await upstream.retrieve(responseId, []));
  await store.put(answerKey, answerBlob(answer));
  return answer;
}

/** What the run left in the report's container, and what the answer cites from elsewhere. */
async function artifactsOf(answer: StoredAnswer, containerId: string, { upstream, nowMs }: ReportDeps) {
  const found = new Map(citedFiles(answer).map((file) => [file.fileId, file]));
  const missing: string[] = [];
  const made = await upstream.madeFiles(containerId).catch((error: unknown) => {
    const fault = toFault(error, nowMs(), upstream.secrets);
    if (fault.type !== 'Upstream.NotFound') throw error;
    missing.push('files that the text does not cite: their container is gone');
    return [];
  });
  for (const { fileId, name } of made) if (!found.has(fileId)) found.set(fileId, { containerId, fileId, name });
  if (found.size > MAX_ARTIFACTS) missing.push(`${found.size - MAX_ARTIFACTS} files: more than ${MAX_ARTIFACTS}`);
  const cut = (one: FoundArtifact) => ({ ...one, name: one.name.slice(0, MAX_NAME_CHARS) });
  return { artifacts: [...found.values()].slice(0, MAX_ARTIFACTS).map(cut), missing };
}

async function indexed({ vectorStoreId, visitSeconds }: IndexInput, { upstream, nowMs }: ReportDeps) {
  const untilMs = nowMs() + visitSeconds * 1000;
  const signal = Context.current().cancellationSignal;
  for (;;) {
    const report: IndexReport = await upstream.vectorStoreState(vectorStoreId);
    if (report.done || nowMs() >= untilMs || signal.aborted) return report;
    await pause(INDEX_LOOK_SECONDS, signal);
  }
}

async function cleanUp(input: CleanUpReportInput, { upstream, nowMs }: ReportDeps): Promise<CleanUpReport> {
  const remove = remover(upstream, nowMs);
  const { mark, since, fileIds, vectorStoreId, containerId } = input;
  const left: (string | null)[] = [];
  const found = await upstream.findMarked(mark, Date.parse(since)).catch((error: unknown) => {
    left.push(`what else is named ${mark} upstream: ${toFault(error, nowMs(), upstream.secrets).message}`);
    return { files: [], vectorStores: [], containers: [] };
  });
  const all = (ids: string[], known: string[]) => [...new Set([...ids, ...known])];
  // Files last: those that contain them go first.
  const kinds = [
    [
      all(found.vectorStores, vectorStoreId ? [vectorStoreId] : []),
      'vector store',
      (id: string) => upstream.deleteVectorStore(id),
    ],
    [
      all(found.containers, containerId ? [containerId] : []),
      'container',
      (id: string) => upstream.deleteContainer(id),
    ],
    [all(found.files, fileIds), 'file', (id: string) => upstream.deleteFile(id)],
  ] as const;
  for (const [ids, what, deletion] of kinds)
    left.push(...(await Promise.all(ids.map((id) => remove(`${what} ${id}`, () => deletion(id))))));
  const notCleaned = left.filter((one) => one !== null);
  if (notCleaned.length > 0 && Context.current().info.attempt < CLEAN_UP_ATTEMPTS)
    throw ApplicationFailure.create({ type: 'CleanUpIncomplete', message: notCleaned.join('; ') });
  return { notCleaned };
}

/** Whatever is thrown becomes a failure of our own. */
const carrier =
  (deps: ReportDeps) =>
  async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await underHeartbeats(work);
    } catch (error) {
      throw failure(error, deps);
    }
  };

/** What `responseReport` calls. */
export function createReportActivities(deps: ReportDeps) {
  const { upstream, store } = deps;
  const carry = carrier(deps);
  return {
    /** Uploads a source under its marked name; gives its file id. */
    uploadSource: ({ source, mark, expiresAfterSeconds }: UploadSourceInput): Promise<string> =>
      carry(async () => {
        const content = await store.get(source.key);
        const options = { purpose: 'user_data', expiresAfterSeconds };
        return upstream.uploadContent(content, markedName(source.name, mark), options);
      }),
    createVectorStore: ({ mark, fileIds }: { mark: string; fileIds: string[] }): Promise<string> =>
      carry(() => upstream.createVectorStore(mark, fileIds)),
    /** Looks every second until every file is indexed or has failed, or its time is over. */
    awaitIndex: (input: IndexInput): Promise<IndexReport> => carry(() => indexed(input, deps)),
    createContainer: ({ mark, fileIds }: { mark: string; fileIds: string[] }): Promise<string> =>
      carry(() => upstream.createContainer(mark, fileIds)),
    /** Puts off the expiry of a container, which comes after 20 minutes without use. */
    keepContainer: ({ containerId }: { containerId: string }): Promise<void> =>
      carry(() => upstream.touchContainer(containerId)),
    /** Which files there are to save, and what the answer lacks. */
    collectReport: (input: CollectInput): Promise<CollectReport> =>
      carry(async () => {
        const answer = await answerOf(input, deps);
        const { artifacts, missing } = await artifactsOf(answer, input.containerId, deps);
        const sections = missingSections(answer.outputText ?? '', input.sections);
        return { artifacts, missing: [...missing, ...sections.map((title) => `the section "${title}"`)] };
      }),
    /** Saves one file of the run in the store. */
    saveArtifact: ({ artifact, key }: { artifact: FoundArtifact; key: string }): Promise<ReportArtifact> =>
      carry(async () => {
        const content = await upstream.containerFile(artifact.containerId, artifact.fileId);
        await store.put(key, content);
        const sha256 = createHash('sha256').update(content).digest('hex');
        return { name: artifact.name, sizeBytes: content.length, sha256, key };
      }),
    /** Deletes all that the report made upstream, also what only its mark tells of. Retried, then names what is left. */
    cleanUpReport: (input: CleanUpReportInput): Promise<CleanUpReport> => carry(() => cleanUp(input, deps)),
  };
}
