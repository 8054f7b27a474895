/** Starting a task: a large request goes into the store, so that no history and no workflow holds it. */
import type { ResponseRequest, StoredRequest, TaskInput } from '../contracts';
import { count, jsonBytes } from '../door/bounds';
import { UsageError } from '../errors';
import { batchKeys, taskFolder, type BlobStore } from '../store';
import { findStarted, startTaskWorkflow, type StartContext, type Started } from './start';

/** Larger ones would, with the options, be more than what a history carries. */
const MAX_CARRIED_BYTES = 180_000;

export interface StartTaskContext extends StartContext {
  store: BlobStore;
  /** Bytes of JSON. */
  maxRequestBytes: number;
}

/** Written as the only item of a file, which is how workers read the items of batches. */
async function putRequest(store: BlobStore, folder: string, id: string, request: ResponseRequest) {
  const line = Buffer.from(JSON.stringify({ index: 0, id, task: { request } }));
  await store.put(batchKeys.page(folder, 0), line);
  const { model = null, include } = request;
  const at = { offset: 0, length: line.length };
  return { folder, file: 0, at, index: 0, model, include: include ?? [] } satisfies StoredRequest;
}

/**
 * Starts a task that was checked, or joins the one that has its id.
 *
 * @param random Makes the place of its request unlike all others.
 * @throws UsageError when the request is larger than the configured limit.
 */
export async function startTask(
  context: StartTaskContext,
  id: string,
  task: TaskInput,
  random: string,
): Promise<Started> {
  const { client, store, maxRequestBytes } = context;
  const { request } = task;
  const sizeBytes = jsonBytes(request) ?? 0;
  if (sizeBytes > maxRequestBytes) {
    const limit = `${count(maxRequestBytes)} (DURABLE_RESPONSES_MAX_REQUEST_BYTES)`;
    throw new UsageError([
      `request: ${count(sizeBytes)} bytes of JSON are more than ${limit}; shorten it, or raise it`,
    ]);
  }
  if (!request || sizeBytes <= MAX_CARRIED_BYTES) return startTaskWorkflow(context, id, task);
  const there = await findStarted(context, id, 'task');
  if (there) return there;
  const folder = taskFolder(client.options.namespace, id, random);
  // Left there when the start fails: nobody knows then whether the server has it. `storage gc` deletes it some day.
  const started = await startTaskWorkflow(context, id, task, await putRequest(store, folder, id, request));
  // Somebody was quicker with the same id: this copy is nobody's.
  if (started.joined) await store.removeAll(`${folder}/`);
  return started;
}
