/** Answers that were too large for a workflow: they are fetched from upstream by the response's id. */
import type { BatchRecord, TaskResult } from '../contracts';
import { UnreachableError } from '../errors';
import { toFault, type Upstream } from '../upstream';

/** Made only when there is something to fetch. */
export type UpstreamOf = () => Promise<Upstream>;

async function fetchAnswer(upstreamOf: UpstreamOf, id: string, responseId: string) {
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

/** @throws UnreachableError when the answer is upstream and cannot be had. */
export async function withAnswer(result: TaskResult, upstream: UpstreamOf): Promise<TaskResult> {
  if (!result.outputOmitted || !result.responseId) return result;
  const { outputText, output } = await fetchAnswer(upstream, result.taskId, result.responseId);
  return { ...result, outputText, output, outputOmitted: false };
}

/** One answer that cannot be had must not cost the others: its record keeps `resultOmitted`. */
export async function withAnswers(records: BatchRecord[], upstream: UpstreamOf): Promise<BatchRecord[]> {
  const all: BatchRecord[] = [];
  for (const record of records) {
    const { id, responseId, resultOmitted } = record;
    const answer =
      resultOmitted && responseId ? await fetchAnswer(upstream, id, responseId).catch(onlyUnreachable) : null;
    all.push(answer ? { ...record, result: answer.outputText, resultOmitted: false } : record);
  }
  return all;
}

function onlyUnreachable(error: unknown): null {
  if (error instanceof UnreachableError) return null;
  throw error;
}
