/** Everything that `own-worker.ts` runs: the workflows of the package, and one that uses them. */
import { executeChild } from '@temporalio/workflow';
import { responseTask } from 'durable-responses/workflows';

export * from 'durable-responses/workflows';

/** Has a title made for a text; the model's run is a durable task of its own. */
export async function titleOf(text: string): Promise<string | null> {
  const request = { model: 'o3-mini', input: `Write a title for this:\n${text}` };
  const { outputText } = await executeChild(responseTask, { args: [{ request }] });
  return outputText;
}
