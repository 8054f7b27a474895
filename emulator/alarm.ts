/** Calls back when the emulator's clock has come to a moment. */

type Callback = (nowMs: number) => void;

interface Waiter {
  untilMs: number;
  call: Callback;
  timer?: NodeJS.Timeout;
}

/** The longest timer of Node; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** How often a clock that is not the machine's is looked at while somebody waits: it moves without a word. */
const LOOK_MS = 50;

export class Alarm {
  private readonly waiters = new Set<Waiter>();
  private looking: NodeJS.Timeout | undefined;
  private isLooking = false;
  private isClosed = false;

  /** `isMachines`: the clock is the machine's, so that timers know when it will be somewhere. */
  constructor(
    private readonly now: () => Promise<number>,
    private readonly isMachines: boolean,
  ) {}

  /** Calls once, as soon as the clock shows `untilMs` or later. Gives back how to call it off. */
  at(untilMs: number, call: Callback): () => void {
    const waiter: Waiter = { untilMs, call };
    if (!this.isClosed) this.waiters.add(waiter);
    this.watch(waiter);
    return () => this.forget(waiter);
  }

  /** Looks at the clock now, and calls everyone whose moment has come. Who may wait anew waits for a later moment. */
  async tick(): Promise<void> {
    const nowMs = await this.now();
    const due = [...this.waiters].filter(({ untilMs }) => untilMs <= nowMs);
    for (const waiter of due.sort((a, b) => a.untilMs - b.untilMs)) this.wake(waiter, nowMs);
  }

  /** Nobody is called any more. */
  close(): void {
    this.isClosed = true;
    for (const waiter of [...this.waiters]) this.forget(waiter);
  }

  private watch(waiter: Waiter): void {
    if (!this.waiters.has(waiter)) return;
    if (this.isMachines) {
      const leftMs = Math.min(Math.max(Math.ceil(waiter.untilMs - Date.now()), 0), MAX_TIMER_MS);
      waiter.timer = setTimeout(() => this.look(waiter), leftMs).unref();
    } else {
      this.looking ??= setInterval(() => this.lookAround(), LOOK_MS).unref();
    }
  }

  /** A timer may be early. */
  private look(waiter: Waiter): void {
    const nowMs = Date.now();
    if (waiter.untilMs <= nowMs) this.wake(waiter, nowMs);
    else this.watch(waiter);
  }

  /** A clock that takes its time is not asked twice at once, and one that fails is asked again. */
  private lookAround(): void {
    if (this.isLooking) return;
    this.isLooking = true;
    this.tick()
      .catch(() => undefined)
      .finally(() => (this.isLooking = false));
  }

  private wake(waiter: Waiter, nowMs: number): void {
    if (!this.waiters.has(waiter)) return;
    this.forget(waiter);
    waiter.call(nowMs);
  }

  private forget(waiter: Waiter): void {
    this.waiters.delete(waiter);
    clearTimeout(waiter.timer);
    if (this.waiters.size > 0) return;
    clearInterval(this.looking);
    this.looking = undefined;
  }
}
