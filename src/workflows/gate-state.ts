/** Who may create now. Pure. */
import type { GateExchange, GateState, Seeker } from '../contracts';

export interface Gate extends Omit<GateState, 'holders' | 'waiting' | 'askedMs'> {
  holders: Map<string, Omit<GateState['holders'][number], 'id'>>;
  waiting: Map<string, Seeker>;
  askedMs: number;
}

/** Creates are given out this far ahead, so that the gate need not wake up for each. */
const AHEAD_MS = 2_000;

/** More are not kept, since all of it travels when the gate continues as new; they come again by themselves. */
const MAX_WAITING = 8_000;

export const openGate = ({ limits, holders, waiting, nextCreateMs, askedMs = 0 }: GateState): Gate => ({
  limits,
  nextCreateMs,
  askedMs,
  holders: new Map(holders.map(({ id, ...holder }) => [id, holder])),
  waiting: new Map(waiting.map((seeker) => [seeker.id, seeker])),
});

export const stateOfGate = ({ limits, holders, waiting, nextCreateMs, askedMs }: Gate): GateState => ({
  limits,
  nextCreateMs,
  askedMs,
  holders: [...holders].map(([id, holder]) => ({ id, ...holder })),
  waiting: [...waiting.values()],
});

/** When the first of those who wait may be given a create; null when that depends on others. */
export function nextGrantMs({ limits, holders, waiting, nextCreateMs }: Gate): number | null {
  if (waiting.size === 0 || holders.size >= (limits.maxInFlight ?? Infinity)) return null;
  return limits.maxCreatesPerSecond === undefined ? 0 : nextCreateMs - AHEAD_MS;
}

/** By priority; among equals whoever's share is the smallest; then who came first. */
function first({ holders, waiting }: Gate): Seeker {
  const held = new Map<string, number>();
  for (const { fairnessKey } of holders.values()) held.set(fairnessKey, (held.get(fairnessKey) ?? 0) + 1);
  const heldBy = ({ fairnessKey }: Seeker) => held.get(fairnessKey) ?? 0;
  return [...waiting.values()].reduce((best, seeker) => {
    if (seeker.priorityKey !== best.priorityKey) return seeker.priorityKey < best.priorityKey ? seeker : best;
    return heldBy(seeker) < heldBy(best) ? seeker : best;
  });
}

/** Lets in as many as may; gives their ids. */
export function grant(gate: Gate, nowMs: number): string[] {
  const granted: string[] = [];
  for (let at = nextGrantMs(gate); at !== null && at <= nowMs; at = nextGrantMs(gate)) {
    const { id, fairnessKey } = first(gate);
    const notBeforeMs = Math.max(nowMs, gate.nextCreateMs);
    gate.nextCreateMs = notBeforeMs + 1000 / (gate.limits.maxCreatesPerSecond ?? Infinity);
    gate.waiting.delete(id);
    gate.holders.set(id, { fairnessKey, notBeforeMs, checkedMs: nowMs });
    granted.push(id);
  }
  return granted;
}

/** Takes in what a worker says. Saying it again changes nothing. */
export function exchange(gate: Gate, { limits, leave, enter }: GateExchange): void {
  gate.limits = limits;
  for (const id of leave) {
    gate.holders.delete(id);
    gate.waiting.delete(id);
  }
  for (const seeker of enter)
    if (!gate.holders.has(seeker.id) && gate.waiting.size < MAX_WAITING) gate.waiting.set(seeker.id, seeker);
}
