/** Where a reader of a response's events stands: what is new, what was seen, what is missing. */
import type { StreamPlace, UpstreamEvent } from '../contracts';
import { endsInHidden, hideValues, longestHidden } from '../security/hidden-values';

const MAX_TAIL_BYTES = 2_048;

/** `response.cancelled` is not in the API (a cancel shows as `response.failed`), but is its name for a webhook. */
const TERMINAL = /^response\.(completed|failed|incomplete|cancelled)$/;
const STARTED = /^response\.(in_progress|output_item\.added|output_text\.delta)$/;

/**
 * What an event is to its reader:
 * - `new`: the next one, or one without a number;
 * - `replayed`: was taken before;
 * - `gap`: one or more before it are missing, so it was not taken. A reader that asks again from `last` and finds the
 *   same gap gets it as `new`;
 * - `restart`: numbers go backwards within a connection, so they say nothing any more.
 */
export type Taken = 'new' | 'replayed' | 'gap' | 'restart';

const numberOf = ({ sequence_number: number }: UpstreamEvent): number | null =>
  typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null;

function statusIn({ response }: UpstreamEvent): string | null {
  const hasStatus = typeof response === 'object' && response !== null && 'status' in response;
  return hasStatus && typeof response.status === 'string' ? response.status : null;
}

const utf8Bytes = (point: number): number => (point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4);

/** What is kept of a text. With the tail alone, the rest of a hidden value that its beginning cuts would not be known. */
const keptBytes = (): number => MAX_TAIL_BYTES + 4 * longestHidden();

/** The end of a text, at most so many bytes of UTF-8, and no half character. */
export function tailOf(text: string, maxBytes = MAX_TAIL_BYTES): string {
  let [bytes, from] = [0, text.length];
  while (from > 0) {
    const isPair = /[\uDC00-\uDFFF]/.test(text[from - 1] ?? '') && /[\uD800-\uDBFF]/.test(text[from - 2] ?? '');
    const start = from - (isPair ? 2 : 1);
    bytes += utf8Bytes(text.codePointAt(start) ?? 0);
    if (bytes > maxBytes) break;
    from = start;
  }
  return text.slice(from);
}

export class EventCursor {
  /** The number of the last event taken; null before the first. */
  last: number | null;
  /** Its end, longer than the tail: as it came, or already without hidden values. */
  private text: string;
  /** What was told last. */
  private told: StreamPlace;
  /** Of the last event taken. */
  eventType: string | null = null;
  /** An event said that the run has ended; whether it has, only a GET says. Of this connection. */
  isTerminal = false;
  /** The run has left the queue. */
  hasStarted = false;
  replayed = 0;
  gaps = 0;
  restarts = 0;
  /** Of this connection. */
  private previous: number | null = null;
  private gapAfter: number | null = null;

  constructor(from: StreamPlace = { cursor: null, textTail: '' }) {
    this.last = from.cursor;
    this.text = from.textTail;
    this.told = { cursor: from.cursor, textTail: from.textTail };
  }

  /** The end of the text so far, without the hidden values of this process. */
  get textTail(): string {
    return tailOf(hideValues(this.text));
  }

  /**
   * Where another reader may go on, for whoever sees it. A hidden value of which only a part has come cannot be hidden yet:
   * until it is whole, that is the place before.
   */
  tell(): StreamPlace {
    if (!endsInHidden(this.text)) this.told = { cursor: this.last, textTail: this.textTail };
    return this.told;
  }

  /** To be called before the first event of each connection. */
  begin(): void {
    this.previous = null;
    this.isTerminal = false;
    // All of it comes again.
    if (this.last === null) this.text = '';
  }

  /** Takes the next event of a connection. Unknown types advance it like all others. */
  take(event: UpstreamEvent): Taken {
    // The end is the end whatever its number: a GET follows anyway.
    if (TERMINAL.test(event.type)) this.isTerminal = true;
    // Whether an `error` takes a number of its own is not certain; what is missing then is asked for.
    const number = event.type === 'error' ? null : numberOf(event);
    if (number !== null) {
      const found = this.judge(number);
      if (found !== 'new') return found;
      this.last = number;
    }
    this.accept(event);
    return 'new';
  }

  /** What the number says. */
  private judge(number: number): Taken {
    const { previous, last } = this;
    this.previous = number;
    const expected = (last ?? -1) + 1;
    if (number < expected) {
      if (previous !== null && number < previous) {
        this.restarts++;
        return 'restart';
      }
      this.replayed++;
      return 'replayed';
    }
    if (number === expected || this.gapAfter === expected) return 'new';
    this.gapAfter = expected;
    this.gaps++;
    return 'gap';
  }

  private accept(event: UpstreamEvent): void {
    this.eventType = event.type;
    if (this.isTerminal || STARTED.test(event.type) || statusIn(event) === 'in_progress') this.hasStarted = true;
    const isText = event.type === 'response.output_text.delta' && typeof event.delta === 'string';
    if (isText) this.text += String(event.delta);
    const isLong = this.text.length > 2 * keptBytes();
    if (isLong && !endsInHidden(this.text)) this.text = tailOf(hideValues(this.text), keptBytes());
  }
}
