/** What was created, by the model: how often, when, and what the result must say of it. */
import type { Played } from './play';
import { deadlinesAt, stopsIn } from './messages';
import { createsIn, knownIn, looksAt, type Create } from './upstream';

const EARLY_MS = 50;

const backoffSeconds = (times: number): number => Math.min(60, 2 ** Math.max(0, times - 1));

/** From when a create is due, in milliseconds; null where none may follow. */
function dueMs(played: Played, creates: readonly Create[], i: number): number | null {
  const last = creates[i - 1];
  if (!last) return played.startedMs;
  const lost = creates.slice(0, i).filter(({ outcome }) => outcome === 'lost').length;
  const mayLose = played.plan.options.onAmbiguousCreate === 'fail' ? 0 : 1;
  const tried = played.result.retries.findIndex(({ responseId }) => responseId === last.row?.id);
  if (tried >= 0) {
    const failedMs = looksAt(played, last.row?.id ?? '').at(-1)?.atMs ?? NaN;
    return failedMs + backoffSeconds(tried + 1) * 1000;
  }
  if (last.outcome === 'made' || last.outcome === 'rejected') return null;
  if (last.outcome === 'lost' && lost > mayLose) return null;
  return last.atMs + Math.max(backoffSeconds(last.attempt), last.retryAfterSeconds) * 1000;
}

export function judgeCreates(played: Played): string[] {
  const creates = createsIn(played);
  const [stop] = stopsIn(played);
  const slackMs = played.wallMs + 1_000;
  return creates.flatMap(({ atMs, attempt }, i) => {
    const due = dueMs(played, creates, i);
    if (due === null) return [`create ${attempt} must not have been sent`];
    const problems: string[] = [];
    if (atMs < due - EARLY_MS) problems.push(`create ${attempt} came ${due - atMs} ms too early`);
    if (atMs > due + slackMs) problems.push(`create ${attempt} came ${atMs - due} ms too late`);
    if (stop && atMs > stop.takenMs) problems.push(`create ${attempt} was sent after the cancel`);
    const deadlineMs = Math.max(...deadlinesAt(played, atMs));
    if (atMs > deadlineMs + slackMs) problems.push(`create ${attempt} was sent after the deadline`);
    return problems;
  });
}

/** Responses of lost creates that the task went on with. */
const adoptedIn = (played: Played, creates: readonly Create[]): Create[] =>
  creates.filter(({ outcome, row }) => outcome === 'lost' && row && knownIn(played).includes(row.id));

export function judgeAccount(played: Played): string[] {
  const { result, attachedId } = played;
  const creates = createsIn(played);
  const lost = creates.filter(({ outcome }) => outcome === 'lost');
  const adopted = adoptedIn(played, creates);
  const paid = creates.filter(({ outcome }) => outcome === 'made').length + lost.length;
  const problems: string[] = [];
  if (result.creates !== paid) problems.push(`creates: ${result.creates}, expected ${paid}`);
  const named = result.possibleOrphans.map(({ attempt }) => attempt).join();
  const expected = lost.filter((one) => !adopted.includes(one)).map(({ attempt }) => attempt);
  if (named !== expected.join()) problems.push(`possible orphans: attempts [${named}], expected [${expected.join()}]`);
  for (const { attempt, responseId } of result.possibleOrphans) {
    const made = creates[attempt - 1]?.row?.id;
    if (responseId !== undefined && responseId !== made) problems.push(`orphan ${attempt} is named ${responseId}`);
  }
  const own = creates.filter((one) => one.outcome === 'made' || adopted.includes(one)).map(({ row }) => row?.id);
  const foreign = knownIn(played).filter((id) => id !== attachedId && !own.includes(id));
  return [...problems, ...foreign.map((id) => `went on with ${id}, which is not its own`)];
}

/** A lost response that was offered while the task had no other is gone on with, and not paid again. */
export function judgeOffers(played: Played): string[] {
  const creates = createsIn(played);
  return played.sent.flatMap(({ offered, refused, message, sentMs, takenMs }) => {
    if (!offered || refused !== null || message.kind !== 'offer') return [];
    const create = creates[offered.attempt - 1];
    const isLost = create?.outcome === 'lost' && create.row?.id === offered.responseId && create.atMs <= sentMs;
    const isNewest = create === creates.filter(({ atMs }) => atMs <= takenMs).at(-1);
    if (!isLost || !isNewest || knownIn(played).includes(offered.responseId)) return [];
    return [`${offered.responseId} was offered, and not gone on with`];
  });
}
