/** Everything that the model says against what a task has done; empty when it agrees. */
import { isDeepStrictEqual } from 'node:util';
import type { Played } from './play';
import { factsOf, judgeCancels, judgeLeft, judgeStatus, judgeTime } from './ends';
import { judgeLooks } from './looks';
import { judgeAccount, judgeCreates, judgeOffers } from './money';
import { stopsIn } from './messages';
import { cancelsOf, knownIn, looksAt } from './upstream';

/** What it says of itself, while it runs and after its end. */
function judgeWords(played: Played): string[] {
  const { result, last, sent, execution, plan, startedMs } = played;
  const { view } = last;
  const problems: string[] = [];
  if (!isDeepStrictEqual(last.result, result)) problems.push('taskResult differs from the result');
  const told = [view.phase, view.status, view.creates, view.polls, view.responseId];
  const expected = ['done', result.status, result.creates, result.polls, result.responseId];
  if (!isDeepStrictEqual(told, expected)) problems.push(`taskStatus says ${told.join()}, expected ${expected.join()}`);
  const stops = stopsIn(played);
  const closed = stops.some(({ message }) => message.kind === 'cancel') ? 'CANCELLED' : 'COMPLETED';
  if (execution !== closed) problems.push(`closed as ${execution}, expected ${closed}`);
  const [first] = stops;
  const reason = first?.message.kind === 'cancelTask' ? first.message.reason : first ? 'cancel request' : null;
  if (result.cancelReason !== reason) problems.push(`cancelReason ${result.cancelReason}, expected ${reason}`);
  let maxWaitSeconds = plan.options.maxWaitSeconds;
  for (const one of sent) {
    const { message, refused } = one;
    if (message.kind === 'badChange' && refused === null) problems.push('a change of no sense was taken');
    if (message.kind === 'change' && refused === null) maxWaitSeconds = message.change.maxWaitSeconds ?? maxWaitSeconds;
    if (!one.view || one.view.phase === 'done') continue;
    const deadlineAt = new Date(startedMs + maxWaitSeconds * 1000).toISOString();
    if (one.view.deadlineAt !== deadlineAt) problems.push(`deadlineAt ${one.view.deadlineAt}, expected ${deadlineAt}`);
    const { phase, responseId } = one.view;
    const isOdd = (phase === 'creating' && responseId !== null) || (phase === 'watching' && responseId === null);
    if (isOdd) problems.push(`${phase} with ${responseId}`);
  }
  return problems;
}

/** Looks are counted; those of an attempt of a cancel that failed, and of a look that was cut off, may be missing. */
function judgeCounts(played: Played): string[] {
  const { result, sent } = played;
  const known = knownIn(played);
  const looks = known.flatMap((id) => looksAt(played, id));
  const cancels = known.flatMap((id) => cancelsOf(played, id)).length;
  const mayMiss = cancels > 1 || sent.length > 0 || result.notCleaned.length > 0;
  const problems: string[] = [];
  const differs = (counted: number, seen: number) => (mayMiss ? counted > seen : counted !== seen);
  if (differs(result.polls, looks.length)) problems.push(`polls: ${result.polls}, expected ${looks.length}`);
  const paused = looks.filter(({ saw }) => saw === 'paused').length;
  if (differs(result.unknownStatuses.paused ?? 0, paused)) problems.push(`unknown statuses, expected ${paused}`);
  return problems;
}

function judgeCleanup({ cleaned, result, taskId }: Played): string[] {
  const isDue = result.status === 'cancelled' || result.status === 'timed_out';
  const isRight = isDue ? cleaned.includes(`${taskId} ${result.status}`) : cleaned.length === 0;
  return isRight ? [] : [`cleanup was called for: ${cleaned.join() || 'nothing'}`];
}

/** What is wrong, in words. */
export function judge(played: Played): string[] {
  const facts = factsOf(played);
  return [
    ...judgeStatus(played, facts),
    ...judgeTime(played, facts),
    ...judgeCancels(played, facts),
    ...judgeLeft(played, facts),
    ...judgeCreates(played),
    ...judgeAccount(played),
    ...judgeOffers(played),
    ...knownIn(played).flatMap((id) => judgeLooks(played, id)),
    ...judgeWords(played),
    ...judgeCounts(played),
    ...judgeCleanup(played),
  ];
}
