/** Streams of events, raw: what the official client passes on, within limits of our own. */
import type OpenAI from 'openai';
import type { ResponseCreateParamsNonStreaming, ResponseIncludable } from 'openai/resources/responses/responses';
import type { UpstreamEvent } from '../contracts';
import { streamFetch } from './fetch';

export interface EventsOptions {
  /** Only events with a higher number; null for all of them. */
  startingAfter: number | null;
  include: string[];
  signal: AbortSignal;
}

/**
 * Both give events as they come and end when the stream ends, in whatever state the run is: only a GET says that.
 * They throw what the client throws (`toFault` classifies it): a cut is a `TypeError`, an `error` event with a nested
 * error an `APIError`; a flat one is given as an event. After `signal`, and when the stream is silent for too long,
 * they throw too, so that neither is taken for an end.
 */
export interface EventCalls {
  /** The events of a response that was created with `stream`. */
  events(responseId: string, options: EventsOptions): AsyncIterable<UpstreamEvent>;
  /** POSTs with `stream: true`. To stop reading leaves a background run going. */
  createStream(body: ResponseCreateParamsNonStreaming, signal: AbortSignal): AsyncIterable<UpstreamEvent>;
}

export interface StreamSettings {
  /** Until the headers are there. */
  headersMs: number;
  idleMs?: number;
  /** In place of the global one. */
  fetch?: typeof fetch;
}

/** Keepalives come about every 30 s: two of them are missing. */
const STREAM_IDLE_MS = 75_000;
/** No connection may be held open by bytes alone for longer. */
export const MAX_STREAM_MS = 24 * 3600_000;

/** The client ends quietly when it is aborted, so the reason is kept here. */
class StreamWatch {
  private readonly controller = new AbortController();
  private readonly total: NodeJS.Timeout;
  private idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly outer: AbortSignal,
    private readonly idleMs: number,
  ) {
    this.total = setTimeout(() => this.end('The stream was open for too long.'), MAX_STREAM_MS);
    outer.addEventListener('abort', this.leave, { once: true });
    if (outer.aborted) this.leave();
    this.alive();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Why it was ended by us; undefined when it was not. */
  get reason(): Error | undefined {
    return this.signal.aborted ? (this.signal.reason as Error) : undefined;
  }

  /** A line has come. */
  readonly alive = (): void => {
    clearTimeout(this.idle);
    if (this.signal.aborted) return;
    this.idle = setTimeout(() => this.end(`Nothing came for ${this.idleMs / 1000} s.`), this.idleMs);
  };

  stop(): void {
    clearTimeout(this.total);
    clearTimeout(this.idle);
    this.outer.removeEventListener('abort', this.leave);
  }

  private readonly leave = (): void => {
    this.controller.abort(new DOMException('The reader has left.', 'AbortError'));
  };

  private end(message: string): void {
    this.controller.abort(new DOMException(message, 'TimeoutError'));
  }
}

const isEvent = (value: unknown): value is UpstreamEvent =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

interface CallOptions {
  signal: AbortSignal;
  timeout: number;
}

async function* watched(
  openai: OpenAI,
  { headersMs, idleMs = STREAM_IDLE_MS, fetch: base }: StreamSettings,
  outer: AbortSignal,
  open: (client: OpenAI, options: CallOptions) => Promise<AsyncIterable<unknown>>,
): AsyncGenerator<UpstreamEvent, void, undefined> {
  const watch = new StreamWatch(outer, idleMs);
  try {
    // A client of its own: only its fetch sees the bytes, and the client swallows what is no event.
    const client = openai.withOptions({ fetch: streamFetch({ onLine: watch.alive, base }) });
    const stream = await open(client, { signal: watch.signal, timeout: headersMs });
    for await (const event of stream) if (isEvent(event)) yield event;
    if (watch.reason) throw watch.reason;
  } catch (error) {
    throw watch.reason ?? error;
  } finally {
    watch.stop();
  }
}

/** Source: "Streaming a background response" in the API's guide to background mode. */
export function eventCalls(openai: OpenAI, settings: StreamSettings): EventCalls {
  return {
    events: (responseId, { startingAfter, include, signal }) => {
      const query = {
        stream: true as const,
        ...(startingAfter === null ? {} : { starting_after: startingAfter }),
        ...(include.length > 0 ? { include: include as ResponseIncludable[] } : {}),
      };
      return watched(openai, settings, signal, async (client, limits) =>
        client.responses.retrieve(responseId, query, limits),
      );
    },
    createStream: (body, signal) =>
      watched(openai, settings, signal, async (client, limits) =>
        client.responses.create({ ...body, stream: true }, limits),
      ),
  };
}
