/** How a task may end, by the model: its status, when, and what it must have done upstream before. */
import type { Played } from './play';
import { deadlinesAt, isChange, queuedDeadlinesAt, stopsIn } from './messages';
import { cancelsOf, createsIn, looksAt, statusOf, TERMINAL } from './upstream';

const EARLY_MS = 30;
/** Until a look has told when it was made, a response that was made within a second counts from the start of the task. */
export const QUEUE_EARLY_MS = 1_100;

/** All that the end of a task is judged by. */
export interface Facts {
  stop: ReturnType<typeof stopsIn>[number] | undefined;
  /** What the last look saw; undefined without one. */
  last: string | undefined;
  isLate: boolean;
  isQueuedLate: boolean;
  isGone: boolean;
  cancels: ReturnType<typeof cancelsOf>;
}

export function factsOf(played: Played): Facts {
  const { result, endedMs, creates } = played;
  const [stop] = stopsIn(played);
  const responseId = result.responseId ?? '';
  const looks = looksAt(played, responseId);
  const cancels = cancelsOf(played, responseId);
  const deadlineMs = Math.min(...deadlinesAt(played, endedMs));
  const createdMs = creates.find(({ id }) => id === responseId)?.at ?? NaN;
  const before = looks.filter(({ atMs }) => atMs < (cancels[0]?.at ?? Infinity));
  const queuedMs = Math.min(...queuedDeadlinesAt(played, createdMs, endedMs));
  // A run may have started since the last look: nothing is stopped for that without one more.
  const isQueued =
    before.every(({ saw }) => saw !== 'in_progress') && before.some(({ atMs }) => atMs >= queuedMs - QUEUE_EARLY_MS);
  return {
    stop,
    last: looks.at(-1)?.saw,
    isLate: endedMs >= deadlineMs - EARLY_MS && !(stop && stop.takenMs < deadlineMs),
    isQueuedLate: isQueued && endedMs >= queuedMs - QUEUE_EARLY_MS && !(stop && stop.takenMs < queuedMs),
    isGone: before.slice(-2).filter(({ saw }) => saw === 'missing').length === 2,
    cancels,
  };
}

/** The statuses that are possible without any response. */
function endsWithout(played: Played, { stop, isLate }: Facts): string[] {
  const creates = createsIn(played);
  const lost = creates.filter(({ outcome }) => outcome === 'lost').length;
  const last = creates.at(-1)?.outcome;
  if (last === 'rejected') return ['rejected'];
  const isSpent = lost >= (played.plan.options.onAmbiguousCreate === 'fail' ? 1 : 2);
  if (last === 'lost' && isSpent && !stop) return ['unknown'];
  return [...(stop ? ['cancelled'] : []), ...(isLate ? ['timed_out'] : [])];
}

/** The statuses that are possible. */
export function possibleEnds(played: Played, facts: Facts): string[] {
  const { stop, last, isLate, isQueuedLate, isGone } = facts;
  if (played.result.responseId === null) return endsWithout(played, facts);
  if (last !== undefined && TERMINAL.includes(last) && last !== 'cancelled') return [last];
  return [
    ...(stop ? ['cancelled'] : []),
    ...(isLate || isQueuedLate ? ['timed_out'] : []),
    ...(isGone && !stop && last !== 'cancelled' ? ['expired'] : []),
  ];
}

/** Whether the last failure should have been followed by another create. */
function judgeRetry({ plan, result }: Played, { stop, cancels }: Facts): string[] {
  const { times = 0 } = plan.options.retryOn ?? {};
  const isRetryable = ['server_error', 'rate_limit_exceeded'].includes(result.error?.code ?? '');
  // What ends by our own cancel is not tried again.
  const isOver = plan.isAttached || stop !== undefined || cancels.length > 0;
  if (result.status !== 'failed' || !isRetryable) return [];
  return isOver || result.retries.length >= times ? [] : ['a failure that should have been tried again'];
}

export function judgeStatus(played: Played, facts: Facts): string[] {
  const { result } = played;
  const possible = possibleEnds(played, facts);
  const { retryOn } = played.plan.options;
  const problems = judgeRetry(played, facts);
  if (!possible.includes(result.status)) problems.push(`status ${result.status}, possible: ${possible.join(', ')}`);
  const { error } = result;
  if (error?.code === 'max_wait_seconds' && !facts.isLate) problems.push('max_wait_seconds before that time');
  if (error?.code === 'max_queued_seconds' && !facts.isQueuedLate) problems.push('max_queued_seconds before that time');
  if (result.retries.length > (retryOn?.times ?? 0)) problems.push('more retries than allowed');
  if (result.retries.some(({ code }) => code !== 'server_error')) problems.push('a retry of what cannot be helped');
  const seen = result.responseId === null || facts.last === undefined || !TERMINAL.includes(facts.last);
  if ((result.output !== null) !== !seen) problems.push('an answer that no look saw, or none where one did');
  return problems;
}

/** Repeated cancels wait between their attempts. */
const cancelMs = (attempts: number): number => {
  const waits = Array.from({ length: Math.max(0, attempts - 1) }, (_, i) => Math.min(30, 0.5 * 2 ** i));
  return waits.reduce((sum, seconds) => sum + seconds * 1000, 0);
};

export function judgeTime(played: Played, { stop, cancels }: Facts): string[] {
  const { endedMs, wallMs, sent } = played;
  const slackMs = wallMs + 1_000 + cancelMs(cancels.length);
  const changedMs = sent.filter(isChange).map(({ takenMs }) => takenMs);
  const lateMs = endedMs - Math.max(...deadlinesAt(played, endedMs), ...changedMs);
  const problems = lateMs > slackMs ? [`ended ${lateMs} ms after the deadline`] : [];
  if (stop && endedMs - stop.takenMs > slackMs) problems.push(`ended ${endedMs - stop.takenMs} ms after the cancel`);
  return [...problems, ...judgeQueue(played, slackMs)];
}

/** One that was never seen to start ends at the limit for the queue. */
function judgeQueue(played: Played, slackMs: number): string[] {
  const { endedMs, result, creates, sent } = played;
  const row = creates.find(({ id }) => id === result.responseId);
  const looks = looksAt(played, result.responseId ?? '');
  if (!row || looks.some(({ saw }) => !['queued', 'fault', 'missing', 'cancelled'].includes(saw))) return [];
  const changedMs = sent.filter(isChange).map(({ takenMs }) => takenMs);
  const lateMs = endedMs - Math.max(...queuedDeadlinesAt(played, row.at, endedMs), ...changedMs);
  return lateMs > slackMs ? [`ended ${lateMs} ms after the limit for the queue`] : [];
}

/** A cancel was sent where it had to be, and nowhere else. */
export function judgeCancels(played: Played, { stop, isLate, isQueuedLate, cancels }: Facts): string[] {
  const { result, plan } = played;
  if (result.responseId === null) return [];
  const leaves = plan.options.onTimeout === 'leave' && (!stop || result.status === 'timed_out');
  const isSeen = looksAt(played, result.responseId).some(
    ({ saw, atMs }) => TERMINAL.includes(saw) && atMs < (cancels[0]?.at ?? Infinity),
  );
  const mustCancel = (stop !== undefined || result.status === 'timed_out') && !leaves && !isSeen;
  const mayCancel = (stop !== undefined || isLate || isQueuedLate) && !leaves;
  if (mustCancel && cancels.length === 0) return ['no cancel was sent upstream'];
  if (!mayCancel && cancels.length > 0) return ['a cancel was sent upstream that nobody wanted'];
  return isSeen && cancels.length > 0 && !stop ? ['a cancel was sent after the end was seen'] : [];
}

/** Nothing goes on upstream that the result does not name. */
export function judgeLeft(played: Played, { last, cancels }: Facts): string[] {
  const { result, creates, endedMs, plan } = played;
  const running = creates.filter((row) => !TERMINAL.includes(statusOf(row, endedMs)));
  const named = result.possibleOrphans.map(({ attempt }) => String(attempt));
  const isLeft = result.status === 'timed_out' && plan.options.onTimeout === 'leave';
  const isExplained = (id: string, attempt: string | undefined) =>
    id === result.responseId
      ? isLeft || last === 'missing' || result.notCleaned.join().includes(id)
      : attempt !== undefined && named.includes(attempt);
  const problems = running
    .filter(({ id, metadata }) => !isExplained(id, metadata.attempt))
    .map(({ id }) => `${id} was left running`);
  const isRefused = plan.cancels === 'forbidden' && cancels.length > 0 && !TERMINAL.includes(last ?? '');
  if (result.notCleaned.length > 0 !== isRefused) problems.push(`not cleaned: ${result.notCleaned.join('; ')}`);
  return problems;
}
