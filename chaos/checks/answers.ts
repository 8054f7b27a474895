/** I4: an answer is what upstream gave, compared by its hash. */
import { createHash } from 'node:crypto';
import { broken, type Broken } from './evidence';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Hashes of the same thing, ours and upstream's; null where there is none. */
export interface AnswerPair {
  taskId: string;
  responseId: string;
  ours: string | null;
  upstream: string | null;
}

/** Of completed tasks, and of others that have a part of an answer. */
export function checkAnswers(pairs: readonly AnswerPair[]): Broken[] {
  const short = (hash: string | null) => hash?.slice(0, 12) ?? 'nothing';
  return pairs
    .filter(({ ours, upstream }) => ours === null || ours !== upstream)
    .map(({ taskId, responseId, ours, upstream }) =>
      broken('I4', `${taskId}: has ${short(ours)}, ${responseId} is ${short(upstream)} upstream`),
    );
}
