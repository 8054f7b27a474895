/** When the model looks, and whether the task did so: never sooner, and not later than the machine explains. */
import type { Sent, Played } from './play';
import { asksFor, deadlinesAt, intervalsAt, isChange, queuedDeadlinesAt, stopsIn } from './messages';
import { QUEUE_EARLY_MS } from './ends';
import { cancelsOf, createsIn, knownIn, looksAt, type Look } from './upstream';

/** After a look that was asked for, others follow after these. */
const SOON_SECONDS = [5, 60];
/** A timer may fire so much too early. */
const EARLY_MS = 30;
/** What comes so near to a look may have come before or after it. */
const NEAR_MS = 1_000;
/** A 404 counts only when the response has been known for so long. */
const GRACE_MS = 30_000;

/** The state of the model between two looks. */
interface Pace {
  /** The place in the schedule. */
  index: number;
  /** Looks that follow soon on one that was asked for. */
  soon: number;
  /** What the last look has found. */
  retryAfterSeconds: number;
  isFault: boolean;
  missing: number;
}

/** The wait before the next look, in seconds. */
function waitOf({ index, soon, retryAfterSeconds, isFault }: Pace, intervals: readonly number[]): number {
  const scheduled = intervals[Math.min(index, intervals.length - 1)] ?? NaN;
  const interval = soon > 0 ? Math.min(scheduled, SOON_SECONDS[SOON_SECONDS.length - soon] ?? NaN) : scheduled;
  return Math.max(interval, retryAfterSeconds, isFault ? 1 : 0);
}

function after(pace: Pace, { saw, retryAfterSeconds }: Look): Pace {
  const isFault = saw === 'missing' || saw === 'fault';
  return { ...pace, isFault, retryAfterSeconds, missing: saw === 'missing' ? pace.missing + 1 : 0 };
}

/** Where the model stood when the response became known: by its create, by an offer, or from the beginning. */
function beginOf(played: Played, responseId: string): { sinceMs: number; isAdopted: boolean } {
  if (responseId === played.attachedId) return { sinceMs: played.startedMs, isAdopted: false };
  const create = createsIn(played).find(({ row }) => row?.id === responseId);
  const isAdopted = create?.outcome === 'lost';
  const offer = played.sent.find(({ offered }) => offered?.responseId === responseId);
  const createMs = create?.atMs ?? NaN;
  return { sinceMs: isAdopted ? Math.max(createMs, offer?.sentMs ?? NaN) : createMs, isAdopted };
}

const within = (list: readonly Sent[], fromMs: number, toMs: number): Sent[] =>
  list.filter(({ sentMs }) => sentMs > fromMs && sentMs <= toMs);

/** What may not be told apart: the model then says no more about this response's looks. */
const isBlurred = (messages: readonly Sent[], momentsMs: readonly number[]): boolean =>
  messages.some(({ sentMs, takenMs }) => momentsMs.some((ms) => ms > sentMs - NEAR_MS && ms < takenMs + NEAR_MS));

/** Looks that come although there is nothing more to look for. */
function judgeNeed(played: Played, looks: readonly Look[], knownMs: number): string[] {
  const problems: string[] = [];
  const [stop] = stopsIn(played);
  let missing = 0;
  looks.forEach(({ atMs, saw }, i) => {
    const { wallMs } = played;
    const isGone = missing >= 2 && (looks[i - 1]?.atMs ?? NaN) - knownMs > GRACE_MS + wallMs;
    if (isGone) problems.push(`a look although two before it said 404`);
    if (stop && atMs > stop.takenMs + EARLY_MS) problems.push(`a look ${atMs - stop.takenMs} ms after the cancel`);
    const lateMs = atMs - Math.max(...deadlinesAt(played, atMs));
    if (lateMs > EARLY_MS) problems.push(`a look ${lateMs} ms after the deadline`);
    missing = saw === 'missing' ? missing + 1 : 0;
  });
  return problems;
}

interface Gap {
  sinceMs: number;
  /** The limit for the queue, at which a run that was not seen to start is looked at once more. */
  lastLookMs: number;
  look: Look;
  pace: Pace;
  asked: Sent[];
  changed: Sent[];
}

/** What is wrong with one gap; null where the model cannot say. */
function judgeGap(played: Played, { sinceMs, look, pace, asked, changed, lastLookMs }: Gap): string[] | null {
  const { atMs } = look;
  const slackMs = played.wallMs + NEAR_MS;
  const [hint] = asked;
  const change = changed.at(-1);
  if ((hint && change) || isBlurred(played.sent.filter(isChange), [atMs, sinceMs])) return null;
  const intervals = intervalsAt(played, atMs);
  if (!intervals) return null;
  const waitMs = waitOf(pace, intervals) * 1000;
  if (hint) {
    const isOrderSure = !isBlurred([hint], [sinceMs + waitMs]);
    const lateMs = atMs - Math.max(hint.takenMs, sinceMs);
    if (lateMs > slackMs) return [`a look ${lateMs} ms after it was asked for`];
    return isOrderSure ? [] : null;
  }
  const [earliestMs, latestMs] = change ? [change.sentMs, change.takenMs] : [sinceMs, sinceMs];
  if (atMs < Math.min(earliestMs + waitMs, lastLookMs - QUEUE_EARLY_MS) - EARLY_MS)
    return [`a look after ${atMs - earliestMs} ms, expected ${waitMs}`];
  if (atMs > latestMs + waitMs + slackMs) return [`a look after ${atMs - latestMs} ms, expected ${waitMs}`];
  return [];
}

function step(pace: Pace, { asked, changed, look }: Gap): Pace {
  const isAsked = asked.length > 0;
  const next = isAsked
    ? { ...pace, soon: SOON_SECONDS.length }
    : pace.soon > 0
      ? { ...pace, soon: pace.soon - 1 }
      : { ...pace, index: pace.index + 1 };
  return after(changed.length > 0 && isAsked ? pace : next, look);
}

/** Since when a hint counts for the first look: one that comes before the response is known is kept for it. */
function hintsSinceMs(played: Played, responseId: string): number {
  const known = knownIn(played);
  const before = known[known.indexOf(responseId) - 1];
  return before === undefined ? played.startedMs : (looksAt(played, before).at(-1)?.atMs ?? played.startedMs);
}

/** One that was adopted has most likely ended: it is looked at at once. */
function judgeAdopted({ wallMs }: Played, { sinceMs, look }: Gap): string[] {
  const lateMs = look.atMs - sinceMs;
  return lateMs > wallMs + NEAR_MS ? [`a look ${lateMs} ms after it was adopted`] : [];
}

function queueLimitMs(played: Played, responseId: string, atMs: number): number {
  const createdMs = played.creates.find(({ id }) => id === responseId)?.at ?? NaN;
  return Math.min(...queuedDeadlinesAt(played, createdMs, atMs));
}

/** The looks at one response, those of its cancel left out. */
export function judgeLooks(played: Played, responseId: string): string[] {
  const firstCancelMs = cancelsOf(played, responseId)[0]?.at ?? Infinity;
  const looks = looksAt(played, responseId).filter(({ atMs }) => atMs < firstCancelMs);
  const { sinceMs: knownMs, isAdopted } = beginOf(played, responseId);
  const problems = judgeNeed(played, looks, responseId === played.attachedId ? 0 : knownMs);
  const hints = played.sent.filter(asksFor(responseId));
  const changes = played.sent.filter(isChange);
  let pace: Pace = { index: 0, soon: 0, retryAfterSeconds: 0, isFault: false, missing: 0 };
  let sinceMs = knownMs;
  let hasStarted = false;
  for (const [i, look] of looks.entries()) {
    const isFirstAdopted = isAdopted && i === 0;
    const asked = within(hints, i === 0 ? hintsSinceMs(played, responseId) : sinceMs, look.atMs);
    // Before the response is known a change makes the task forget a hint.
    const isForgotten = i === 0 && asked.length > 0 && within(changes, played.startedMs, look.atMs).length > 0;
    const lastLookMs = hasStarted ? Infinity : queueLimitMs(played, responseId, look.atMs);
    const gap = { sinceMs, lastLookMs, look, pace, asked, changed: within(changes, sinceMs, look.atMs) };
    const found = isForgotten ? null : isFirstAdopted ? judgeAdopted(played, gap) : judgeGap(played, gap);
    if (found === null) break;
    problems.push(...found.map((one) => `look ${i + 1} at ${responseId}: ${one}`));
    pace = step(pace, isFirstAdopted ? { ...gap, asked: played.sent } : gap);
    sinceMs = look.atMs;
    hasStarted ||= look.saw === 'in_progress';
  }
  return problems;
}
