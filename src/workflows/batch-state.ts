/** What the workflow of a batch knows. */
import { setCurrentDetails, type ChildWorkflowHandle } from '@temporalio/workflow';
import type { BatchInput, BatchResult, BatchState, BatchStop, Tally } from '../contracts';
import { costOf, endedOf, mergeTallies, progressOf } from './tally';
import type { responseBatchPage } from './page';

export type PageChild = ChildWorkflowHandle<typeof responseBatchPage>;

export interface OpenPage {
  child: PageChild;
  /** As it last reported. */
  tally: Tally;
}

export interface Batch {
  readonly batchId: string;
  readonly input: BatchInput;
  readonly total: number;
  readonly startedAtMs: number;
  endedAtMs: number | null;
  /** As people want it; what pages are told of it follows. */
  concurrency: number;
  paused: boolean;
  /** What pages were told, and are at their start. */
  told: { paused: boolean; slots: number };
  /** Slots that no page has. All others are in pages, or on their way. */
  spare: number;
  /** By number, in the order of their start. */
  open: Map<number, OpenPage>;
  closed: Tally[];
  /** Pages whose workflow was terminated or failed. */
  lost: number[];
  /** Items of theirs that they had not reported: nobody knows which were started, so none is taken for cancelled. */
  unknown: number;
  /** Open pages that have not yet said that they run nothing, after a page was lost; null when none was. */
  recalling: Set<number> | null;
  /** Why the first page could not be read: then nothing was started at all. */
  unreadable: string | null;
  /** The newest page has nearly started all of its items. */
  nextWanted: boolean;
  stop: { kind: BatchStop; by: 'signal' | 'temporal' | 'budget'; reason: string; running: 'finish' | 'cancel' } | null;
  result: BatchResult | null;
}

export function openBatch(input: BatchInput, batchId: string, nowMs: number): Batch {
  return {
    batchId,
    input,
    total: input.pages.reduce((sum, { items }) => sum + items, 0),
    startedAtMs: nowMs,
    endedAtMs: null,
    concurrency: input.concurrency,
    paused: false,
    told: { paused: false, slots: input.concurrency },
    spare: input.concurrency,
    open: new Map(),
    closed: [],
    lost: [],
    unknown: 0,
    recalling: null,
    unreadable: null,
    nextWanted: true,
    stop: null,
    result: null,
  };
}

export const tallyOf = (batch: Batch): Tally =>
  mergeTallies([...batch.closed, ...[...batch.open.values()].map(({ tally }) => tally)]);

export function stateOf(batch: Batch): BatchState {
  const { batchId, total, startedAtMs, endedAtMs, paused, concurrency, stop } = batch;
  return {
    batchId,
    total,
    startedAtMs,
    endedAtMs,
    paused,
    concurrency,
    budget: batch.input.budget ?? null,
    closed: mergeTallies(batch.closed),
    open: [...batch.open.values()].map(({ child, tally }) => ({ workflowId: child.workflowId, tally })),
    stop: stop && { kind: stop.kind, reason: stop.reason },
  };
}

export function resultOf(batch: Batch, nowMs: number): BatchResult {
  const tally = tallyOf(batch);
  const { unknown } = batch;
  const notStarted = batch.total - endedOf(tally) - unknown;
  const { counts } = tally;
  return {
    batchId: batch.batchId,
    status: batch.stop ? (batch.stop.kind === 'budget' ? 'stopped' : 'cancelled') : 'completed',
    reason: batch.stop?.reason ?? null,
    total: batch.total,
    counts: {
      ...counts,
      ...(notStarted > 0 ? { cancelled: (counts.cancelled ?? 0) + notStarted } : {}),
      ...(unknown > 0 ? { unknown: (counts.unknown ?? 0) + unknown } : {}),
    },
    notStarted,
    usage: tally.usage,
    costUsd: costOf(tally.usage, batch.input.budget),
    pricesAsOf: batch.input.budget?.prices?.asOf ?? null,
    retries: tally.retries,
    lostPages: batch.lost,
    retryOf: batch.input.retryOf ?? null,
    seconds: Math.round((nowMs - batch.startedAtMs) / 100) / 10,
    records: null,
  };
}

/** Current Details in markdown. */
export function showBatch(batch: Batch): void {
  const view = progressOf(stateOf(batch), Date.now());
  const tokens = Object.entries(view.usage).map(
    ([model, { input, output, unknown }]) =>
      `- ${model}: ${input} tokens in, ${output} out${unknown > 0 ? ` (not known for ${unknown})` : ''}`,
  );
  const lines = [
    `**${view.total - view.waiting - view.running} of ${view.total}** ended${view.paused ? ' (paused)' : ''}`,
    '',
    ...Object.entries(view.counts).map(([status, count]) => `- ${status}: ${count}`),
    `- running: ${view.running} of at most ${view.concurrency}, waiting: ${view.waiting}`,
    ...tokens,
    ...(view.costUsd === null ? [] : [`- cost: $${view.costUsd.toFixed(4)}`]),
    ...(view.secondsLeft === null ? [] : [`- time left: about ${view.secondsLeft} s`]),
    ...(view.stop ? [`- stopped: ${view.stop.reason}`] : []),
    ...(batch.lost.length > 0 ? [`- pages lost: ${batch.lost.map((page) => page + 1).join(', ')}`] : []),
  ];
  setCurrentDetails(lines.join('\n'));
}
