/** Where an answer goes: with the workflow, into the store, or nowhere since upstream has it. */
import { Context } from '@temporalio/activity';
import type { Response } from 'openai/resources/responses/responses';
import type { Answer, VisitPlan } from '../contracts';
import { answersFolder, type BlobStore } from '../store';
import { answerBlob } from '../store/batch-records';
import { toAnswer, toStoredAnswer } from '../upstream';

export type AnswerPlan = Pick<VisitPlan, 'maxOutputBytes' | 'answerKey'>;
export type AnswerKeeper = (response: Response, plan: AnswerPlan) => Promise<Answer>;

/**
 * What a workflow carries of an answer: text and output are both in it, so that is half of what a history takes. A worker
 * can then tell of a create whatever the store does, and no workflow needs the store to go on.
 */
export const MAX_CARRIED_BYTES = 100_000;

/** What a batch may carry of an answer that the store did not take: hundreds of them are in one history. */
const MAX_CARRIED_IN_BATCH_BYTES = 20_000;

/** The place of an answer that has none yet: it belongs to the workflow whose activity has it. */
function ownKey({ id }: Response): string {
  const { workflowExecution, namespace, activityId } = Context.current().info;
  return `${answersFolder(namespace, workflowExecution?.workflowId ?? activityId)}/${id}.json`;
}

/**
 * Keeps answers in the store: those of tasks with an `answerKey`, and large ones. One that the store does not take is no
 * reason to lose a run that is paid: the workflow carries it when it is small, else it is fetched from upstream later.
 */
export function answerKeeper(store: BlobStore): AnswerKeeper {
  const isKept = (key: string, response: Response) =>
    store.put(key, answerBlob(toStoredAnswer(response))).then(
      () => true,
      () => false,
    );
  const reference = (response: Response, answerKey: string): Answer => {
    const answer = toAnswer(response, Infinity);
    return { ...answer, outputText: null, output: null, outputOmitted: true, answerKey };
  };

  return async (response, { answerKey, maxOutputBytes }) => {
    const carried = toAnswer(response, Math.min(maxOutputBytes, MAX_CARRIED_BYTES));
    if (answerKey === null) {
      if (!carried.outputOmitted || toAnswer(response, maxOutputBytes).outputOmitted) return carried;
      const key = ownKey(response);
      return (await isKept(key, response)) ? reference(response, key) : carried;
    }
    const kept = await isKept(answerKey, response);
    // A failed one has nothing to carry; the store has it for those who want the whole object.
    if (carried.output?.length === 0) return carried;
    return kept
      ? reference(response, answerKey)
      : toAnswer(response, Math.min(maxOutputBytes, MAX_CARRIED_IN_BATCH_BYTES));
  };
}
