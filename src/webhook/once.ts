/** Each message once, however often and however many at a time it comes. */

/** Of 200 bytes at most: a few MB in all. */
const REMEMBERED = 10_000;

export class Once {
  /** In the order of their last use. */
  private readonly done = new Set<string>();
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(private readonly remembered = REMEMBERED) {}

  /** Runs `work` unless it was done for this id or is under way: then with its end. What has failed may be repeated. */
  async run(id: string, work: () => Promise<void>): Promise<'done' | 'repeated'> {
    if (this.done.delete(id)) {
      this.done.add(id);
      return 'repeated';
    }
    const other = this.underWay.get(id);
    if (other) {
      await other;
      return 'repeated';
    }
    const own = work();
    this.underWay.set(id, own);
    try {
      await own;
      this.remember(id);
      return 'done';
    } finally {
      this.underWay.delete(id);
    }
  }

  private remember(id: string): void {
    this.done.add(id);
    const [oldest] = this.done;
    if (this.done.size > this.remembered && oldest !== undefined) this.done.delete(oldest);
  }
}
