/** Faults of upstream while a soak runs: which rules the emulator has, and how often each has fired. */
import type { Place } from '../place';
import type { Wave } from './plan';
import { UPSTREAM_FAULTS } from './upstream-faults';

type Planned = Wave['faults'][number];

/** A fault that nobody has met yet goes on, for whoever comes next. */
const untilMet = (fault: Planned): Planned => ({ ...fault, probability: 1 });

/** The emulator forgets its plan when it is killed, so all that changes it comes one after the other. */
export class UpstreamTrouble {
  readonly fired: Record<string, number> = {};
  private current: Planned[] = [];
  private seen: number[] = [];
  private isUp = true;
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly place: Pick<Place, 'emulator' | 'fromEmulator' | 'toEmulator'>) {}

  /** Begins a wave. */
  begin({ faults }: Wave): Promise<void> {
    for (const { name } of faults) this.fired[name] ??= 0;
    return this.inTurn(async () => {
      await this.count();
      const names = new Set(faults.map(({ name }) => name));
      const unmet = this.current.filter(({ name }) => !names.has(name) && this.fired[name] === 0);
      this.current = [...unmet.map(untilMet), ...faults];
      await this.set();
    });
  }

  /** The end of all trouble. */
  end(): Promise<void> {
    return this.inTurn(async () => {
      await this.count();
      this.current = [];
      await this.set();
    });
  }

  killEmulator(): Promise<void> {
    return this.inTurn(async () => {
      await this.count();
      this.isUp = false;
      await this.place.emulator.kill();
    });
  }

  startEmulator(): Promise<void> {
    return this.inTurn(async () => {
      await this.place.emulator.start();
      this.isUp = true;
      await this.set();
    });
  }

  private async set(): Promise<void> {
    if (!this.isUp) return;
    const rules = this.current.map(({ name, probability, times }) => ({
      ...UPSTREAM_FAULTS[name],
      probability,
      times,
    }));
    await this.place.toEmulator('faults', rules);
    this.seen = rules.map(() => 0);
  }

  private async count(): Promise<void> {
    if (!this.isUp) return;
    const { fired } = await this.place.fromEmulator<{ fired: number[] }>('faults');
    this.current.forEach(({ name }, i) => {
      this.fired[name] = (this.fired[name] ?? 0) + (fired[i] ?? 0) - (this.seen[i] ?? 0);
    });
    this.seen = fired;
  }

  private inTurn(change: () => Promise<void>): Promise<void> {
    const mine = this.last.then(change);
    this.last = mine.catch(() => undefined);
    return mine;
  }
}
