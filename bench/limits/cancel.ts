/** The cancel of a batch with 500 responses in flight. */
import type { Place } from '../scale/place';
import { begin, createsOf, itemsOf, ledgerOf, resultOf, until } from './batches';
import type { Measured } from './command';

const [TASKS, QUICK, WINDOW] = [1_000, 40, 500];
/** As for long runs: 500 looks every second are more than one machine can do. */
const RARELY = [5, 60];

/** A create that was under way when the signal came is awaited, so that its id is known and it is cancelled. */
export async function cancelAtFullWindow(place: Place): Promise<Measured> {
  await place.worker.start();
  const items = itemsOf({ count: TASKS, seconds: 900, quick: QUICK });
  await begin(place, 'cancelled', { items, concurrency: WINDOW, options: { pollIntervalsSeconds: RARELY } });
  await until('500 in flight', async () => {
    const statuses = Object.values(await place.fromEmulator<Record<string, string>>('responses'));
    return statuses.filter((status) => ['queued', 'in_progress'].includes(status)).length >= WINDOW;
  });
  const askedMs = Date.now();
  await place.client.workflow.getHandle('cancelled').signal('cancelBatch', 'measured');
  const { counts, notStarted } = await resultOf(place, 'cancelled');
  const seconds = ((Date.now() - askedMs) / 1000).toFixed(1);
  const creates = createsOf(await ledgerOf(place), 'cancelled');
  const late = creates.filter(({ at }) => at > askedMs).length;
  const statuses = Object.values(await place.fromEmulator<Record<string, string>>('responses'));
  const running = statuses.filter((status) => ['queued', 'in_progress'].includes(status)).length;
  const kept = counts.completed ?? 0;
  const broken = [
    ...(running > 0 ? [`${running} still run upstream`] : []),
    ...(kept < QUICK ? [`only ${kept} of ${QUICK} finished ones kept`] : []),
    ...(kept + (counts.cancelled ?? 0) === TASKS ? [] : [`counts: ${JSON.stringify(counts)}`]),
    ...(late > 0 ? [`${late} creates after the cancel`] : []),
  ];
  const figures =
    `stopped after ${seconds} s; ${late} creates after it, ${running} left running, ${kept} finished ones kept, ` +
    `${notStarted} never started`;
  return { what: `cancel with ${WINDOW} in flight of ${TASKS}`, figures, broken };
}
