/** What becomes of a file in a vector store: pure, by the clock. */
import { isUtf8 } from 'node:buffer';
import type { FoundFile, StoredFile, StoredVectorStore, VectorStoreFile } from './types';

/** For each file, unless `metadata.emulator_indexing_seconds` says otherwise. */
const INDEXING_SECONDS = 1;

/** What file search can read; other files are taken as text where they are text. */
const READABLE = /\.(c|cpp|cs|css|csv|docx?|go|html|java|js|json|md|pdf|php|pptx|py|rb|sh|tex|ts|txt|xlsx)$/i;

/** Never indexed, whatever they hold. */
const UNREADABLE = /\.(7z|avi|bin|bmp|class|dll|dmg|exe|gif|gz|iso|jar|jpe?g|mp[34]|o|png|rar|so|tar|wav|webp|zip)$/i;

/** How much of a file a search result shows. */
const PASSAGE_CHARACTERS = 160;

const isText = (content: Buffer): boolean => !content.includes(0) && isUtf8(content);

function errorOf({ id, filename, bytes, content }: StoredFile, failing: string | undefined): VectorStoreFile['error'] {
  const isToFail = failing?.split(',').some((name) => [id, filename].includes(name.trim()));
  if (isToFail) return { code: 'server_error', message: 'An internal error occurred.' };
  if (bytes === 0) return { code: 'invalid_file', message: 'The file is empty.' };
  const isUnreadable =
    UNREADABLE.test(filename) || (!READABLE.test(filename) && !isText(Buffer.from(content, 'base64')));
  return isUnreadable ? { code: 'unsupported_file', message: 'The file type is not supported.' } : null;
}

/** How long one file takes, by the emulator's clock. */
export function indexingMs(metadata: Record<string, string>, timeScale: number): number {
  return (Number(metadata.emulator_indexing_seconds ?? INDEXING_SECONDS) * 1000) / timeScale;
}

/** A file as a vector store takes it, to be ready (or to have failed) at `readyAtMs`. */
export function attached(
  file: StoredFile,
  metadata: Record<string, string>,
  times: Pick<VectorStoreFile, 'addedAtMs' | 'readyAtMs'>,
): VectorStoreFile {
  const { id, filename, bytes } = file;
  return { id, filename, bytes, ...times, error: errorOf(file, metadata.emulator_failing_file) };
}

/** When the files so far are done: they are indexed one after the other. */
export function idleAtMs({ files }: Pick<StoredVectorStore, 'files'>, nowMs: number): number {
  let latest = nowMs;
  for (const { readyAtMs } of files.values()) latest = Math.max(latest, readyAtMs);
  return latest;
}

/** The status of a file in its store. */
export function fileStatusAt({ readyAtMs, error }: VectorStoreFile, nowMs: number) {
  if (nowMs < readyAtMs) return 'in_progress' as const;
  return error ? ('failed' as const) : ('completed' as const);
}

/** How many of the files are where. */
export function countsAt(files: readonly VectorStoreFile[], nowMs: number) {
  const counts = { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: files.length };
  for (const file of files) counts[fileStatusAt(file, nowMs)]++;
  return counts;
}

/** A search result: the beginning of the file. */
export function foundIn({ id, filename, bytes, content }: StoredFile): FoundFile {
  // Four characters of base64 are three bytes, a character of text is four of them at most.
  const start = Buffer.from(content.slice(0, PASSAGE_CHARACTERS * 8), 'base64');
  const text = start.includes(0) ? `(${bytes} bytes)` : start.toString('utf8').slice(0, PASSAGE_CHARACTERS);
  return { id, filename, bytes, text };
}
