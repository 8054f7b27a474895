/**
 * Where things lie in the store: `<kind>/<namespace>/<name>/…`. A name tells whose it is, so that garbage collection can
 * ask the server whether that is still there.
 */
import { createHash } from 'node:crypto';

/** What is under `payloads` no program but the data converter reads. */
export const KINDS = ['batches', 'reports', 'tasks', 'payloads'] as const;

/** With the mark behind it, far below the 255 bytes of a file name. */
const SAFE = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}$/;

/** A text as one segment of a key. Ids may contain `/`, `.` and `:`; none of these may lead to another folder. */
export function segmentOf(text: string): string {
  return SAFE.test(text) ? text : createHash('sha256').update(text).digest('hex');
}

/** No segment contains it. */
const MARK = '~';

type Of = (namespace: string, id: string, random: string) => string;

/** For one start: two of one id at the same time must not write over each other. */
const folderOf =
  (kind: (typeof KINDS)[number]): Of =>
  (namespace, id, random) =>
    `${kind}/${segmentOf(namespace)}/${segmentOf(id)}${MARK}${random}`;

export const batchFolder = folderOf('batches');
export const reportFolder = folderOf('reports');
export const taskFolder = folderOf('tasks');

/** Of a task's large answers; there can be several (`retryOn`). */
export const answersFolder = (namespace: string, taskId: string): string => taskFolder(namespace, taskId, 'answers');

/** Of payloads that belong to a workflow. */
export const payloadsFolder = (namespace: string, workflowId: string): string =>
  `payloads/${segmentOf(namespace)}/${segmentOf(workflowId)}`;

/** What is deleted or kept as a whole, and the segment of the workflow that it belongs to. */
export interface Unit {
  folder: string;
  owner: string;
}

/** Null for what no version of this package has written for this namespace. */
export function unitOf(key: string, namespace: string): Unit | null {
  const [kind = '', second = '', third] = key.split('/');
  // Before there were namespaces in it: `batches/<id>~<random>/…`, with the id percent-encoded.
  if (second.includes(MARK)) {
    const [encoded = ''] = second.split(MARK);
    return { folder: `${kind}/${second}`, owner: segmentOf(decoded(encoded)) };
  }
  if (second !== segmentOf(namespace) || third === undefined) return null;
  return { folder: `${kind}/${second}/${third}`, owner: third.split(MARK)[0] ?? '' };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
