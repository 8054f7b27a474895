/** Where an answer goes: with the workflow, into the store, or nowhere since upstream has it. */
import type { Response } from 'openai/resources/responses/responses';
import type { Answer, VisitPlan } from '../contracts';
import type { BlobStore } from '../store';
import { toAnswer, toStoredAnswer } from '../upstream';

export type AnswerPlan = Pick<VisitPlan, 'maxOutputBytes' | 'answerKey'>;
export type AnswerKeeper = (response: Response, plan: AnswerPlan) => Promise<Answer>;

/** What a batch may carry of an answer that the store did not take: hundreds of them are in one history. */
const MAX_CARRIED_BYTES = 20_000;

/**
 * Keeps the answers of tasks with an `answerKey` in the store. One that the store does not take is no reason to lose a
 * run that is paid: the workflow carries it when it is small, else it is fetched from upstream later.
 */
export function answerKeeper(store: BlobStore): AnswerKeeper {
  return async (response, { answerKey, maxOutputBytes }) => {
    if (answerKey === null) return toAnswer(response, maxOutputBytes);
    const answer = toAnswer(response, Infinity);
    const stored = JSON.stringify(toStoredAnswer(response));
    const kept = await store.put(answerKey, stored).then(
      () => true,
      () => false,
    );
    // A failed one has nothing to carry; the store has it for those who want the whole object.
    if (answer.output?.length === 0) return answer;
    if (!kept) return toAnswer(response, Math.min(maxOutputBytes, MAX_CARRIED_BYTES));
    return { ...answer, outputText: null, output: null, outputOmitted: true, answerKey };
  };
}
