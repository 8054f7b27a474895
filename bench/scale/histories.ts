/** How large the histories of a batch have become: its own, those of its pages, those of its tasks. */
import type { Client } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BATCH_WORKFLOW, PAGE_WORKFLOW, TASK_WORKFLOW } from '../../src/names';

export interface HistorySizes {
  runs: number;
  events: number;
  largestEvents: number;
  largestBytes: number;
}

export type Histories = Record<typeof BATCH_WORKFLOW | typeof PAGE_WORKFLOW | typeof TASK_WORKFLOW, HistorySizes>;

/** The visibility store is behind, by much after a kill. */
const WAIT_MS = 60_000;

const none = (): HistorySizes => ({ runs: 0, events: 0, largestEvents: 0, largestBytes: 0 });

async function read(client: Client, batchId: string): Promise<Histories> {
  const all: Histories = { responseBatch: none(), responseBatchPage: none(), responseTask: none() };
  const query = `BatchId = '${batchId}' AND ExecutionStatus != 'Running'`;
  for await (const { type, historyLength, historySize = 0 } of client.workflow.list({ query, pageSize: 1000 })) {
    const sizes = all[type as keyof Histories];
    sizes.runs++;
    sizes.events += historyLength;
    sizes.largestEvents = Math.max(sizes.largestEvents, historyLength);
    sizes.largestBytes = Math.max(sizes.largestBytes, historySize);
  }
  return all;
}

export const runsOf = (all: Histories): number => Object.values(all).reduce((sum, { runs }) => sum + runs, 0);

/** @param runs How many there must be; after a minute, those there are. */
export async function historiesOf(client: Client, batchId: string, runs: number): Promise<Histories> {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const all = await read(client, batchId);
    if (runsOf(all) >= runs || Date.now() > end) return all;
    await sleep(1_000);
  }
}
