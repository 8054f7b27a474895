/** Watching a task live: its status from Temporal, its text from upstream, its end from the task. */
import { isGrpcServiceError, type Client } from '@temporalio/client';
import { setMaxListeners } from 'node:events';
import type { TailEvent, TaskResult } from '../contracts';
import { isOfServer } from '../connection';
import { UnreachableError, UsageError } from '../errors';
import type { BlobStore } from '../store';
import { TailState } from '../stream/tail-state';
import { describe } from './describe';
import { EventQueue } from './event-queue';
import type { UpstreamOf } from './omitted';
import { readTaskResult } from './read';
import { followEvents, pauseMs } from './tail-follow';
import { askServer, askWorkflow } from './task-look';

export interface TailOptions {
  /** Ends the watching, not the task: the iteration is then over without an `end`. */
  signal?: AbortSignal;
}

export interface TailDeps {
  /** The one to use now: another, after the server has moved. */
  client: () => Client;
  /** Called when the server does not answer: it may have moved. Never rejects. */
  renew: () => Promise<void>;
  store: BlobStore;
  upstream: UpstreamOf;
  /** Waits for the result that fail in a row, until the server counts as away. Default 6. */
  maxFailures?: number;
}

/** Someone waits for the first words; later looks only notice a change. */
const [FIRST_LOOKS_MS, LOOKS_MS, FIRST_LOOKS] = [250, 1_000, 20];
/** One that takes longer is no look: the server may be on another address by now. */
const LOOK_DEADLINE_MS = 4_000;

/**
 * The client itself tries again for about 25 s, so a server that stays away is told after two minutes, and one that
 * refuses after half a minute. A wait that lasted longer than its tries was a good one.
 */
const [MAX_FAILURES, GOOD_WAIT_MS, RETRY_MS] = [6, 60_000, 500];

/** The task was there when the watch began: a server that does not know it may be another one, on the same port. */
const isUnknown = (error: unknown): boolean => error instanceof UsageError;

function away(id: string, error: unknown): UnreachableError {
  const { cause = error } = error as Error;
  const reason = isGrpcServiceError(cause) ? cause.details : String(cause);
  const message = isUnknown(error)
    ? `The Temporal server knows nothing of ${id} any more: another one may have its address.`
    : `The Temporal server gives no answer any more: ${reason}. ${id} is kept there.`;
  const hint = `Start it again (the embedded one: \`npm start\`); \`task watch ${id}\` then shows it from its beginning.`;
  return new UnreachableError(message, hint);
}

class Tail {
  readonly queue = new EventQueue<TailEvent>();
  private readonly state = new TailState();
  private following: AbortController | null = null;

  constructor(
    private readonly deps: TailDeps,
    private readonly id: string,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => {
      this.queue.close();
      this.following?.abort();
    });
  }

  /** Never rejects: what goes wrong is for the reader of the queue. */
  async run(): Promise<void> {
    void this.looks();
    try {
      const result = await this.result();
      this.queue.push(this.state.ended(result));
      this.queue.close();
    } catch (error) {
      this.queue.fail(error);
    } finally {
      this.following?.abort();
    }
  }

  /** A restart of the server ends the wait for the result, and not the task. */
  private async result(): Promise<TaskResult> {
    const { store, upstream, maxFailures = MAX_FAILURES } = this.deps;
    for (let failures = 0; ;) {
      const [beganMs, client] = [Date.now(), this.deps.client()];
      try {
        return await readTaskResult(client, store, upstream, this.id, { signal: this.signal });
      } catch (error) {
        if (this.signal.aborted || !(isOfServer(error) || isUnknown(error))) throw error;
        // That server is gone, and the other has not been asked yet.
        if (client !== this.deps.client()) continue;
        failures = Date.now() - beganMs > GOOD_WAIT_MS ? 1 : failures + 1;
        if (failures >= maxFailures) throw away(this.id, error);
        await pauseMs(RETRY_MS * 2 ** failures, this.signal);
      }
    }
  }

  private async looks(): Promise<void> {
    for (let looks = 0; !this.signal.aborted; looks++) {
      // What shows how it goes must not end a watch of hours: the wait for the result notices what matters.
      await this.look().catch(() => this.deps.renew());
      const isNew = this.state.responseId === null && looks < FIRST_LOOKS;
      await pauseMs(isNew ? FIRST_LOOKS_MS : LOOKS_MS, this.signal);
    }
  }

  private async look(): Promise<void> {
    const client = this.deps.client();
    const ask = () => askServer(client, this.id);
    const deadlineMs = Date.now() + LOOK_DEADLINE_MS;
    const { isRunning, status, responseId } = await client.connection.withDeadline(deadlineMs, ask);
    if (!isRunning || this.signal.aborted) return;
    this.responseIs(responseId);
    const view = await askWorkflow(client, this.id);
    if (this.signal.aborted) return;
    const isAhead = status === 'in_progress' && view?.status === 'queued';
    const known = isAhead ? status : (view?.status ?? status ?? 'queued');
    this.queue.push(this.state.standsAt(known, view?.phase ?? null));
    this.responseIs(view?.responseId ?? null);
  }

  private responseIs(responseId: string | null): void {
    const before = this.state.responseId;
    this.queue.push(this.state.responseIs(responseId));
    const now = this.state.responseId;
    if (now === null || now === before) return;
    this.following?.abort();
    this.following = new AbortController();
    void followEvents(now, {
      upstream: this.deps.upstream,
      signal: this.following.signal,
      onEvent: (event) => this.queue.push(this.state.happened(event)),
    });
  }
}

/** @throws UsageError when `id` is no task; else as `readTaskResult`. */
export async function* tailTask(deps: TailDeps, id: string, options: TailOptions): AsyncGenerator<TailEvent, void> {
  const stop = new AbortController();
  // Each look and each wait listens to it: that is no leak to be warned of.
  setMaxListeners(0, stop.signal);
  const leave = () => stop.abort();
  options.signal?.addEventListener('abort', leave, { once: true });
  try {
    if (options.signal?.aborted) return;
    await describe(deps.client(), id, 'task');
    const tail = new Tail(deps, id, stop.signal);
    void tail.run();
    yield* tail.queue.read();
  } finally {
    stop.abort();
    options.signal?.removeEventListener('abort', leave);
  }
}
