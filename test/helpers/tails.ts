/** Reading what whoever watches a task is told. */
import { createHash } from 'node:crypto';
import type { TailEvent, TaskResult } from '../../src/contracts';

type Told<K extends TailEvent['kind']> = Extract<TailEvent, { kind: K }>;

export const ofKind = <K extends TailEvent['kind']>(events: readonly TailEvent[], kind: K): Told<K>[] =>
  events.filter((event): event is Told<K> => event.kind === kind);

/** What came since the last restart, put together. */
export function textTold(events: readonly TailEvent[]): string {
  const from = events.map(({ kind }) => kind).lastIndexOf('restart') + 1;
  return ofKind(events.slice(from), 'text')
    .map(({ delta }) => delta)
    .join('');
}

export const restartsIn = (events: readonly TailEvent[]): number => ofKind(events, 'restart').length;

export const sha256 = (text: string | null): string =>
  createHash('sha256')
    .update(text ?? '')
    .digest('hex');

/** The end of a watch, which is its last event. */
export function endOfTail(events: readonly TailEvent[]): TaskResult {
  const last = events.at(-1);
  if (last?.kind !== 'end') throw new Error(`The watch ended with ${last?.kind ?? 'nothing'}.`);
  return last.result;
}

/** All that is told, until the end or until `enough`. */
export async function told(
  tail: AsyncIterable<TailEvent>,
  enough: (events: readonly TailEvent[]) => boolean = () => false,
): Promise<TailEvent[]> {
  const events: TailEvent[] = [];
  for await (const event of tail) {
    events.push(event);
    if (enough(events)) break;
  }
  return events;
}
