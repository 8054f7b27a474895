/** Batches for these measurements, and what the emulator's ledger says of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../emulator';
import { startBatch } from '../../src/client/batch';
import type { BatchPlan, BatchResult, TaskOptions } from '../../src/contracts';
import { DEFAULT_TASK_QUEUE } from '../../src/names';
import type { Place } from '../scale/place';

export interface Tasks {
  count: number;
  seconds: number;
  options?: TaskOptions;
  /** These end at once. */
  quick?: number;
}

export function itemsOf({ count, seconds, options, quick = 0 }: Tasks): BatchPlan['items'] {
  return Array.from({ length: count }, (_, i) => {
    const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: String(i < quick ? 0.2 : seconds) };
    return { id: `i${i}`, task: { request: { model: 'o3', input: `Prompt ${i}.`, metadata }, options } };
  });
}

export async function begin({ client, store }: Place, id: string, plan: BatchPlan): Promise<void> {
  const context = { client, taskQueue: DEFAULT_TASK_QUEUE, searchAttributes: true, store };
  const options = { pollIntervalsSeconds: [1], ...plan.options };
  await startBatch(context, { ...plan, options }, { id, random: 'bench' });
}

export const resultOf = async ({ client }: Place, id: string): Promise<BatchResult> =>
  (await client.workflow.getHandle(id).result()) as BatchResult;

export const ledgerOf = ({ fromEmulator }: Place): Promise<Ledger> => fromEmulator<Ledger>('ledger');

const isOf = (id: string) => (create: Ledger['creates'][number]) => create.metadata.task_id?.startsWith(`${id}/`);

export const createsOf = ({ creates }: Ledger, id: string) => creates.filter(isOf(id));

/** Waits until it is so. @throws Error after two minutes. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120_000; !(await isSo()); await sleep(100))
    if (Date.now() > end) throw new Error(`Waited two minutes: ${what}.`);
}
