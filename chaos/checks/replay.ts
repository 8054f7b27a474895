/** I6: histories of a run, replayed with the bundle of today. */
import type { DataConverter } from '@temporalio/common';
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { broken, type Broken } from './evidence';

export interface ReplayOptions {
  /** With the keys that the histories are encrypted with. */
  dataConverter?: DataConverter;
  workflowBundle: ReplayWorkerOptions['workflowBundle'];
}

export interface Replayed {
  histories: number;
  broken: Broken[];
}

/** Replays them one after the other, as they come. */
export async function checkReplay(
  histories: Parameters<typeof Worker.runReplayHistories>[1],
  { dataConverter, workflowBundle }: ReplayOptions,
): Promise<Replayed> {
  const found: Replayed = { histories: 0, broken: [] };
  const results = Worker.runReplayHistories({ workflowBundle, dataConverter }, histories);
  for await (const { workflowId, error } of results) {
    found.histories++;
    if (error) found.broken.push(broken('I6', `${workflowId}: ${error.message}`));
  }
  return found;
}
