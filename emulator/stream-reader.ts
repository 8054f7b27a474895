/** One reader of a response's events: what has happened, then what happens, until the end or until it hangs up. */
import type { ServerResponse } from 'node:http';
import type { StreamPlan } from './answer';
import { Spoiler, type Step } from './fault-stream';
import type { StreamFault } from './faults';
import type { ServerState } from './server';
import type { StreamRow } from './stream-log';
import { StreamWriter } from './stream-writer';
import { timelineOf, type TimedEvent } from './timeline';

export type Outcome = Exclude<StreamRow['outcome'], 'open'>;

export class Reader {
  private readonly spoiler: Spoiler;
  private readonly writer: StreamWriter;
  /** The number of the last event that it need not get any more. */
  private cursor: number;
  private basis: number | null;

  constructor(
    private readonly state: ServerState,
    private readonly plan: StreamPlan,
    private readonly row: StreamRow,
    private readonly gone: AbortSignal,
    { reply, fault }: { reply: ServerResponse; fault: StreamFault | undefined },
  ) {
    this.spoiler = new Spoiler(plan, fault);
    this.writer = new StreamWriter(reply, fault, gone);
    this.cursor = plan.startingAfter;
    this.basis = plan.response.cancelledAtMs;
  }

  /** Sends events as they happen. */
  async run(startMs: number): Promise<Outcome> {
    const { response } = this.plan;
    let outcome = await this.take(this.spoiler.before());
    let nowMs = startMs;
    let events = this.events();
    for (let next = events.next(); !next.done && !outcome;) {
      if (response.cancelledAtMs !== this.basis) {
        this.basis = response.cancelledAtMs;
        events = this.events();
      } else if (next.value.atMs > nowMs) {
        nowMs = await this.wait(next.value.atMs, nowMs);
        if (this.gone.aborted) return this.left();
        continue;
      } else {
        outcome = await this.send(next.value);
      }
      next = events.next();
    }
    return outcome ?? (await this.take(this.spoiler.rest())) ?? 'done';
  }

  get isFaulted(): boolean {
    return this.spoiler.isShown || this.writer.isShown;
  }

  private *events(): Generator<TimedEvent, undefined> {
    for (const one of timelineOf(this.plan.response, this.plan.include)) {
      if (one.event.sequence_number > this.cursor) yield one;
    }
    return undefined;
  }

  private left(): Outcome {
    return this.state.stopping.aborted ? 'cut' : 'left';
  }

  private send({ atMs, event }: TimedEvent): Promise<Outcome | undefined> {
    const { response } = this.plan;
    response.toldUntilMs = Math.max(atMs, response.toldUntilMs ?? 0);
    this.cursor = event.sequence_number;
    return this.take(this.spoiler.stepsOf(event));
  }

  /** Carries out steps; an outcome where they end the stream. */
  private async take(steps: Step[]): Promise<Outcome | undefined> {
    for (const step of steps) {
      if (step === 'silence') await this.silence();
      if (this.gone.aborted) return this.left();
      if (step === 'end') return 'short';
      if (step === 'cut') return 'cut';
      if (step === 'silence') continue;
      const isWhole = await this.writer.write(step.send);
      if (this.gone.aborted) return this.left();
      if (!isWhole) return 'cut';
      if (step.number === undefined) continue;
      this.row.events++;
      this.row.last = step.number;
    }
    return undefined;
  }

  private silence(): Promise<void> {
    return new Promise((resolve) => {
      if (this.gone.aborted) resolve();
      this.gone.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Until the clock is there, the response changes, or the reader is gone; gives the time. */
  private async wait(untilMs: number, nowMs: number): Promise<number> {
    const { alarm, store, now } = this.state;
    const { id } = this.plan.response;
    let stop = (): void => undefined;
    const event = await new Promise<number | 'changed' | 'gone'>((resolve) => {
      const isGone = (): void => resolve('gone');
      const forget = alarm.at(untilMs, resolve);
      const ignore = store.listen(
        (entry) => void (entry.kind === 'cancelled' && entry.id === id && resolve('changed')),
      );
      this.gone.addEventListener('abort', isGone);
      if (this.gone.aborted) isGone();
      stop = () => {
        forget();
        ignore();
        this.gone.removeEventListener('abort', isGone);
      };
    });
    stop();
    if (event === 'gone') return nowMs;
    return event === 'changed' ? now() : event;
  }
}
