/** Reading batches: where they stand, and where their records are. */
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { BatchProgress, BatchState } from '../contracts';
import { TaskEndedError, UsageError } from '../errors';
import { batchStateQuery, pageProgressQuery } from '../workflows/batch-messages';
import { progressOf } from '../workflows/tally';
import { describe, query } from './describe';
import { readLostPages } from './lost-batch';
import { readBatchResult } from './read';
import type { RecordedBatch } from './records';

/** Open pages that are asked themselves: the batch knows of them what they last reported. */
const MAX_PAGES_ASKED = 10;

async function refine(client: Client, state: BatchState): Promise<BatchState> {
  const open = await Promise.all(
    state.open.map(async (page, i) => {
      if (i < state.open.length - MAX_PAGES_ASKED) return page;
      const ask = () => client.workflow.getHandle(page.workflowId).query(pageProgressQuery);
      const progress = await query(client, ask).catch(() => null);
      return progress ? { ...page, tally: progress.tally } : page;
    }),
  );
  return { ...state, open };
}

/** Where a batch stands now. */
export async function readBatchProgress(client: Client, id: string): Promise<BatchProgress> {
  const state = await query(client, () => client.workflow.getHandle(id).query(batchStateQuery));
  return progressOf(await refine(client, state), Date.now());
}

/** What is needed to read the records of a batch. @throws UsageError when it is none. */
export async function readRecorded(client: Client, id: string): Promise<RecordedBatch> {
  const { memo, status, startTime, closeTime } = await describe(client, id, 'batch');
  const folder = memo?.folder;
  if (typeof folder !== 'string') throw new UsageError([`${id}: says not where its records are`]);
  if (status.name === 'RUNNING') return { id, folder, ended: false, result: null, lost: null };
  try {
    return { id, folder, ended: true, result: await readBatchResult(client, id, {}), lost: null };
  } catch (error) {
    if (!(error instanceof TaskEndedError)) throw error;
    const { reason, cause } = error;
    const nothingStarted = cause instanceof ApplicationFailure && cause.type === 'InputUnreadable';
    const pages = nothingStarted ? { pages: [], open: [] } : await readLostPages(client, id);
    const seconds = Math.round(((closeTime ?? startTime).getTime() - startTime.getTime()) / 100) / 10;
    return { id, folder, ended: true, result: null, lost: { reason, seconds, ...pages } };
  }
}
