/** From those that learn something, at any time, to the one that reads it in order. */

export class EventQueue<T> {
  private readonly items: T[] = [];
  private end: { error?: unknown } | null = null;
  private wake: () => void = () => undefined;

  /** What comes after the end is dropped. */
  push(items: readonly T[]): void {
    if (this.end) return;
    for (const item of items) this.items.push(item);
    this.wake();
  }

  close(): void {
    this.end ??= {};
    this.wake();
  }

  /** The reader gets what came before, and then the error. */
  fail(error: unknown): void {
    this.end ??= { error };
    this.wake();
  }

  /** For one reader. */
  async *read(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      yield* this.items.splice(0);
      if (this.items.length > 0) continue;
      if (this.end && 'error' in this.end) throw this.end.error;
      if (this.end) return;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
