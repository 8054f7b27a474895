/** The body that is really sent. Pure but for the secrets, which exist nowhere else. */
import type { ResponseCreateParamsNonStreaming } from 'openai/resources/responses/responses';
import type { ResponseRequest, StartInput } from '../contracts';
import { secretNamesOf, withSecrets } from '../secrets/places';
import { secretValues, type SecretProvider } from '../secrets/values';
import { BlobMissingError, batchKeys, type BlobStore } from '../store';

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
 *
 * @throws SecretError, UnreadableRequestError: nothing can be sent, now or later. What the store or the provider throws.
 */
export async function requestBody(
  input: StartInput,
  secrets: SecretProvider,
  store: BlobStore,
): Promise<{ body: ResponseCreateParamsNonStreaming; secretNames: string[]; secretValues: string[] }> {
  const { taskId, attempt, fileIds } = input;
  const written = await requestOf(input, store);
  const secretNames = secretNamesOf(written);
  const values = await secretValues(secretNames, secrets);
  const request = values.size > 0 ? (withSecrets(written, values) as ResponseRequest) : written;
  const tools = withFiles(request.tools, fileIds);
  const body = {
    ...request,
    ...(tools === undefined ? {} : { tools }),
    background: true,
    store: request.store ?? true,
    metadata: { ...request.metadata, task_id: taskId, attempt: String(attempt) },
  };
  return { body: body as ResponseCreateParamsNonStreaming, secretNames, secretValues: [...values.values()] };
}
