/** How a task ended, for a person and for the caller's shell. */
import type { TaskResult } from '../contracts';
import { orphanText } from '../contracts/describe';
import { EXIT, printAnswer, say } from './output';

/** What there is to know of the end goes to stderr, the answer to stdout. */
export function showResult(result: TaskResult): void {
  showEnd(result);
  if (result.outputText !== null) printAnswer(result.outputText);
}

/** All but the answer. */
export function showEnd(result: TaskResult): void {
  const { status, responseId, error, incompleteReason, usage, polls, creates } = result;
  say(`${result.taskId}: ${status} (response ${responseId ?? 'none'}, ${polls} looks, ${creates} creates)`);
  if (error) say(`  error ${error.code}: ${error.message}`);
  if (incompleteReason) say(`  incomplete: ${incompleteReason}`);
  if (usage) say(`  tokens: ${usage.input_tokens} in, ${usage.output_tokens} out`);
  for (const orphan of result.possibleOrphans) say(`  possible orphan: ${orphanText(orphan)}`);
  for (const left of result.notCleaned) say(`  not cleaned: ${left}`);
}

export const exitCodeOf = ({ status }: TaskResult): number =>
  status === 'completed' ? EXIT.completed : EXIT.otherwise;
