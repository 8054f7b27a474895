/** The body that is really sent. Pure but for the secrets, which exist nowhere else. */
import type { ResponseCreateParamsNonStreaming } from 'openai/resources/responses/responses';
import type { ResponseRequest, StartInput } from '../contracts';
import { BlobMissingError, batchKeys, type BlobStore } from '../store';

/** Gives the value of `secret://NAME`; undefined when there is none. */
export type SecretProvider = (name: string) => string | undefined | Promise<string | undefined>;

const REFERENCE = /^secret:\/\/([A-Za-z0-9_.-]{1,128})$/;

/** A `secret://NAME` that the worker has no value for. */
export class MissingSecretError extends Error {
  override readonly name = 'MissingSecretError';
}

/** A stored request that cannot be read, and will not be later. */
export class UnreadableRequestError extends Error {
  override readonly name = 'UnreadableRequestError';
}

/** The request of a task, from its input or from the store. @throws UnreadableRequestError */
async function requestOf({ source }: StartInput, store: BlobStore): Promise<ResponseRequest> {
  if ('request' in source) return source.request;
  const { folder, file, at, index } = source.stored;
  const key = batchKeys.page(folder, file);
  const unreadable = (why: string) =>
    new UnreadableRequestError(`The worker cannot read the request (item ${index} of its file): ${why}`);
  const line = await store.get(key, at).catch((error: unknown) => {
    if (error instanceof BlobMissingError) throw unreadable(error.message);
    throw error;
  });
  const item = parsed(line.toString('utf8')) as { index?: number; task?: { request?: ResponseRequest } } | null;
  if (item?.index !== index || !item.task?.request) throw unreadable(`${key} in ${store.place} is damaged.`);
  return item.task.request;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A copy of `value` with every string that is exactly `secret://NAME` replaced; the values found are added to `found`. */
export async function resolveSecrets(value: unknown, secrets: SecretProvider, found: string[]): Promise<unknown> {
  if (typeof value === 'string') {
    const name = REFERENCE.exec(value)?.[1];
    if (name === undefined) return value;
    const secret = await secrets(name);
    if (secret === undefined) {
      throw new MissingSecretError(`The worker knows no secret named ${name}: set it in the worker's environment.`);
    }
    found.push(secret);
    return secret;
  }
  if (Array.isArray(value)) return Promise.all(value.map((entry) => resolveSecrets(entry, secrets, found)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, entry]) => [key, await resolveSecrets(entry, secrets, found)] as const),
  );
  return Object.fromEntries(entries);
}

/** Puts the uploaded files into every `auto` container of the code interpreter. */
function withFiles(tools: unknown, fileIds: string[]): unknown {
  if (!Array.isArray(tools) || fileIds.length === 0) return tools;
  return tools.map((tool: { type?: string; container?: { type?: string; file_ids?: string[] | null } } | null) =>
    tool?.type === 'code_interpreter' && tool.container?.type === 'auto'
      ? { ...tool, container: { ...tool.container, file_ids: [...(tool.container.file_ids ?? []), ...fileIds] } }
      : tool,
  );
}

/**
 * The user's body, plus what makes it durable: `background: true`; `store: true` said explicitly (where it is left
 * out, some projects delete the answer after ten minutes); `metadata.task_id` and `metadata.attempt`, the only way to
 * find a response whose id was lost (the API has no list and no idempotency key).
 */
export async function requestBody(
  input: StartInput,
  secrets: SecretProvider,
  store: BlobStore,
): Promise<{ body: ResponseCreateParamsNonStreaming; secretValues: string[] }> {
  const { taskId, attempt, fileIds } = input;
  const request = await requestOf(input, store);
  const secretValues: string[] = [];
  const tools = withFiles(await resolveSecrets(request.tools, secrets, secretValues), fileIds);
  const body = {
    ...request,
    ...(tools === undefined ? {} : { tools }),
    background: true,
    store: request.store ?? true,
    metadata: { ...request.metadata, task_id: taskId, attempt: String(attempt) },
  };
  return { body: body as ResponseCreateParamsNonStreaming, secretValues };
}
