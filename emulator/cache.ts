/** Keeps what is dear to make, and no more of it than fits: the least recently used goes first. */
export class SizedCache {
  private readonly entries = new Map<string, Buffer>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  /** The kept buffer, or the one that `make` makes now. */
  get(key: string, make: () => Buffer): Buffer {
    const found = this.entries.get(key);
    const value = found ?? make();
    if (found) this.entries.delete(key);
    else this.bytes += value.length;
    this.entries.set(key, value);
    for (const [oldest, { length }] of this.entries) {
      if (this.bytes <= this.maxBytes) break;
      this.entries.delete(oldest);
      this.bytes -= length;
    }
    return value;
  }
}
