/** Choices by a seed: the same seed makes the same ones. */
import { random } from '../../bench/scale/plan';

export class Draw {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = random(seed);
  }

  between(least: number, most: number): number {
    return Math.round(100 * (least + (most - least) * this.next())) / 100;
  }

  whole(least: number, most: number): number {
    return Math.floor(least + (most - least + 1) * this.next());
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const found = list[Math.floor(this.next() * list.length)];
    if (found === undefined) throw new RangeError('There is nothing to choose from.');
    return found;
  }

  /** One of the names, each as often as its number says. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const names = Object.keys(weights) as T[];
    let rest = this.next() * names.reduce((sum, name) => sum + weights[name], 0);
    return names.find((name) => (rest -= weights[name]) < 0) ?? names[0]!;
  }

  shuffled<T>(list: readonly T[]): T[] {
    const all = [...list];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.whole(0, i);
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    return all;
  }

  /** A list that never ends: shuffled, and again. */
  *deck<T>(list: readonly T[]): Generator<T, never> {
    for (;;) yield* this.shuffled(list);
  }
}
