/** Who is running now, without a look at everyone: a heap by the time of the end. */

interface Entry {
  id: string;
  endsAtMs: number;
}

export class Running {
  private readonly ids = new Set<string>();
  /** The first ends next; those that were stopped before are passed over when they are met. */
  private readonly heap: Entry[] = [];

  add(id: string, endsAtMs: number): void {
    this.ids.add(id);
    this.heap.push({ id, endsAtMs });
    this.rise(this.heap.length - 1);
  }

  /** It ends before its time. */
  stop(id: string): void {
    this.ids.delete(id);
  }

  /** How many have not ended by `nowMs`. Those that have are forgotten: the clock does not go back. */
  countAt(nowMs: number): number {
    for (let first = this.heap[0]; first && this.isDone(first, nowMs); first = this.heap[0]) {
      this.ids.delete(first.id);
      this.removeFirst();
    }
    return this.ids.size;
  }

  private isDone({ id, endsAtMs }: Entry, nowMs: number): boolean {
    return endsAtMs <= nowMs || !this.ids.has(id);
  }

  private isLater(a: number, b: number): boolean {
    return (this.heap[a]?.endsAtMs ?? Infinity) > (this.heap[b]?.endsAtMs ?? Infinity);
  }

  private swap(a: number, b: number): void {
    const [one, other] = [this.heap[a], this.heap[b]];
    if (one && other) [this.heap[a], this.heap[b]] = [other, one];
  }

  private rise(at: number): void {
    for (let child = at; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!this.isLater(parent, child)) return;
      this.swap(parent, child);
      child = parent;
    }
  }

  private removeFirst(): void {
    const last = this.heap.pop();
    if (!last || this.heap.length === 0) return;
    this.heap[0] = last;
    for (let parent = 0; ;) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      const child = this.isLater(left, right) ? right : left;
      if (child >= this.heap.length || !this.isLater(parent, child)) return;
      this.swap(parent, child);
      parent = child;
    }
  }
}
