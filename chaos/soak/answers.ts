/** Answers as people get them, and as upstream has them. */
import type { DurableResponses, TaskResult } from '../../src/client';
import { sha256, type AnswerPair } from '../checks/answers';

/** Calls at once. */
const AT_ONCE = 8;

const hashOf = (output: unknown): string | null => (output == null ? null : sha256(JSON.stringify(output)));

/** Of tasks that have an answer, whole or in part. */
export async function answerPairs(
  session: DurableResponses,
  results: readonly TaskResult[],
  { emulatorUrl, key }: { emulatorUrl: string; key: string },
): Promise<AnswerPair[]> {
  const answered = results.filter(({ status }) => status === 'completed' || status === 'incomplete');
  const pairOf = async (result: TaskResult): Promise<AnswerPair> => {
    const { taskId, responseId } = result;
    const headers = { authorization: `Bearer ${key}` };
    const reply = await fetch(`${emulatorUrl}/responses/${responseId}`, { headers });
    const upstream = ((await reply.json()) as { output?: unknown }).output;
    const ours = result.outputOmitted ? (await session.result(taskId)).output : result.output;
    return { taskId, responseId: responseId ?? 'no response', ours: hashOf(ours), upstream: hashOf(upstream) };
  };
  const pairs: AnswerPair[] = [];
  for (let i = 0; i < answered.length; i += AT_ONCE)
    pairs.push(...(await Promise.all(answered.slice(i, i + AT_ONCE).map(pairOf))));
  return pairs;
}
