/** The events of one response, from its first to its last, over as many connections as that takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { UpstreamEvent } from '../contracts';
import { UnreachableError } from '../errors';
import { EventCursor } from '../stream/event-cursor';
import { toFault } from '../upstream/failures';
import type { UpstreamOf } from './omitted';

export interface Follower {
  upstream: UpstreamOf;
  /** Aborted when nobody wants to know any more. */
  signal: AbortSignal;
  /** Gets each event once and in order; what upstream never sends again is left out. */
  onEvent: (event: UpstreamEvent) => void;
}

/** How a connection ended: at the last event, before it, in a way that another cannot mend. */
type Ending = { how: 'over' | 'refused' } | { how: 'broken'; atLeastMs: number };

/** Doubled with each connection that brought nothing new. */
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [250, 15_000];

/** A replica may lag; a response that is not there after so many tries is with another account. */
const MAX_MISSING = 4;

/** Numbers that go backwards again and again say nothing: the text then comes with the task's end. */
const MAX_RESTARTS = 3;

/** Waits, or returns early when the signal is aborted. */
export const pauseMs = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

const broken = (atLeastMs = 0): Ending => ({ how: 'broken', atLeastMs });

class Following {
  readonly cursor = new EventCursor();
  private missing = 0;
  /** Where the stream said that it failed; undefined while it has not. */
  private errorAfter: number | null | undefined;

  constructor(
    private readonly responseId: string,
    private readonly follower: Follower,
  ) {}

  /** One connection. Never rejects. */
  async connection(): Promise<Ending> {
    const leave = new AbortController();
    const stop = () => leave.abort();
    this.follower.signal.addEventListener('abort', stop, { once: true });
    try {
      return await this.read(leave.signal);
    } catch (error) {
      // After the last event upstream has nothing more to say, however often it is asked.
      return this.cursor.isTerminal ? { how: 'over' } : this.judge(error);
    } finally {
      leave.abort();
      this.follower.signal.removeEventListener('abort', stop);
    }
  }

  private async read(signal: AbortSignal): Promise<Ending> {
    const { follower, cursor } = this;
    cursor.begin();
    // Asked for anew each time: the emulator may have come back on another port.
    const upstream = await follower.upstream();
    for await (const event of upstream.events(this.responseId, { startingAfter: cursor.last, include: [], signal })) {
      if (follower.signal.aborted) return { how: 'over' };
      this.missing = 0;
      if (this.isNewError(event)) return broken();
      const taken = cursor.take(event);
      if (taken === 'gap') return broken();
      if (taken === 'restart') return cursor.restarts < MAX_RESTARTS ? broken() : { how: 'refused' };
      if (taken === 'new') follower.onEvent(event);
    }
    return cursor.isTerminal ? { how: 'over' } : broken();
  }

  /** It is about the connection, and its number may be that of an event to come. Found there again, it is one itself. */
  private isNewError({ type }: UpstreamEvent): boolean {
    const { last } = this.cursor;
    if (type !== 'error' || this.errorAfter === last) return false;
    this.errorAfter = last;
    return true;
  }

  private judge(error: unknown): Ending {
    if (error instanceof UnreachableError) return broken();
    const { type, retryable, retryAfterSeconds } = toFault(error, Date.now());
    if (type === 'Upstream.NotFound') return ++this.missing < MAX_MISSING ? broken() : { how: 'refused' };
    return retryable ? broken((retryAfterSeconds ?? 0) * 1000) : { how: 'refused' };
  }
}

/**
 * Reads until the last event, and then returns. Returns also when the response cannot be streamed (HTTP 400: it was not
 * created so, or is over 5 minutes old), is unknown, or the key is refused: only its task then knows how it goes.
 */
export async function followEvents(responseId: string, follower: Follower): Promise<void> {
  const following = new Following(responseId, follower);
  const { signal } = follower;
  for (let idle = 0; !signal.aborted;) {
    const before = following.cursor.last;
    const ending = await following.connection();
    if (ending.how !== 'broken') return;
    idle = following.cursor.last === before ? idle + 1 : 0;
    const waitMs = idle === 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (idle - 1), LONGEST_WAIT_MS);
    await pauseMs(Math.max(waitMs, ending.atLeastMs), signal);
  }
}
