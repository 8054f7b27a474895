/** How long it takes from the reason to wake up to the look, by the histories and the emulator's ledger. */
import type { Client } from '@temporalio/client';
import { optionalTsToMs } from '@temporalio/common/lib/time';
import type { Ledger } from '../../emulator';
import { timeOf } from '../watch/actions';

function looksByTask({ calls }: Ledger): Map<string, number[]> {
  const looks = new Map<string, number[]>();
  for (const { op, task, at } of calls)
    if (op === 'retrieve' && task) looks.set(task, [...(looks.get(task) ?? []), at]);
  return looks;
}

/** Seconds from each moment to the first look after it. @throws Error for a task that did not look. */
export function delays(reasonsMs: ReadonlyMap<string, number>, ledger: Ledger): number[] {
  const looks = looksByTask(ledger);
  return [...reasonsMs].map(([id, ms]) => {
    const look = looks.get(id)?.find((at) => at >= ms);
    if (look === undefined) throw new Error(`${id} has not looked.`);
    return (look - ms) / 1000;
  });
}

/** When the first timer of a task was due, by the clock of the server. */
async function dueMs(client: Client, id: string): Promise<number> {
  const { events } = await client.workflow.getHandle(id).fetchHistory();
  const event = events?.find(({ timerStartedEventAttributes }) => timerStartedEventAttributes);
  if (!event) throw new Error(`${id} has no timer.`);
  return timeOf(event) + (optionalTsToMs(event.timerStartedEventAttributes?.startToFireTimeout) ?? 0);
}

export async function duesOfTimers(client: Client, ids: readonly string[]): Promise<Map<string, number>> {
  const due = new Map<string, number>();
  for (const id of ids) due.set(id, await dueMs(client, id));
  return due;
}
