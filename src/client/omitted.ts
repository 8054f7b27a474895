/** Answers that no workflow carries: they are in the store, or are fetched from upstream by the response's id. */
import type { StoredAnswer, TaskResult } from '../contracts';
import { UnreachableError } from '../errors';
import type { BlobStore } from '../store';
import { readAnswer } from '../store/batch-records';
import type { Upstream } from '../upstream';
import { toFault } from '../upstream/failures';
import { toStoredAnswer } from '../upstream/stored';

/** Made only when there is something to fetch. */
export type UpstreamOf = () => Promise<Upstream>;

export async function fetchAnswer(upstreamOf: UpstreamOf, id: string, responseId: string) {
  const upstream = await upstreamOf();
  try {
    return await upstream.retrieveAnswer(responseId, { include: [], maxOutputBytes: Infinity });
  } catch (error) {
    const { type, message } = toFault(error, Date.now(), upstream.secrets);
    const gone = type === 'Upstream.NotFound';
    throw new UnreachableError(
      `${id} has ended, but its large answer (response ${responseId}) could not be fetched: ${message}`,
      gone
        ? 'Upstream keeps it no more; `status` still tells how it ended.'
        : 'Check OPENAI_API_KEY and OPENAI_BASE_URL, and repeat it.',
    );
  }
}

/** The whole Response, as the store would have it. */
export async function fetchResponse(upstreamOf: UpstreamOf, id: string, include: string[]): Promise<StoredAnswer> {
  return toStoredAnswer(await (await upstreamOf()).retrieve(id, include));
}

/** The answer from the store or from upstream. @throws UnreachableError when it cannot be had. */
export async function withAnswer(result: TaskResult, store: BlobStore, upstream: UpstreamOf): Promise<TaskResult> {
  const { answerKey, outputOmitted, taskId, responseId } = result;
  if (!outputOmitted) return result;
  const stored = answerKey === null ? null : await readAnswer(store, answerKey);
  if (stored) {
    return { ...result, outputText: stored.outputText, output: stored.response.output, outputOmitted: false };
  }
  if (!responseId) return result;
  const { outputText, output } = await fetchAnswer(upstream, taskId, responseId);
  return { ...result, outputText, output, outputOmitted: false };
}
