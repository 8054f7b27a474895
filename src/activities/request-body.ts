/** The body that is really sent. Pure but for the secrets, which exist nowhere else. */
import type { ResponseCreateParamsNonStreaming } from 'openai/resources/responses/responses';
import type { StartInput } from '../contracts';

/** Gives the value of `secret://NAME`; undefined when there is none. */
export type SecretProvider = (name: string) => string | undefined | Promise<string | undefined>;

const REFERENCE = /^secret:\/\/([A-Za-z0-9_.-]{1,128})$/;

/** A `secret://NAME` that the worker has no value for. */
export class MissingSecretError extends Error {
  override readonly name = 'MissingSecretError';
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
  { request, taskId, attempt, fileIds }: StartInput,
  secrets: SecretProvider,
): Promise<{ body: ResponseCreateParamsNonStreaming; secretValues: string[] }> {
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
