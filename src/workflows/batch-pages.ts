/** The pages of a batch, and the slots that they hand on. */
import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { BatchStop, PageInput, PageStop } from '../contracts';
import { PAGE_WORKFLOW, pageWorkflowId, SEARCH_ATTRIBUTES } from '../names';
import {
  addSlotsSignal,
  grantSlotsSignal,
  pausePageSignal,
  recallSlotsSignal,
  setSuccessorSignal,
  stopPageSignal,
} from './batch-messages';
import { showBatch, tallyOf, type Batch, type PageChild } from './batch-state';
import type { responseBatchPage } from './page';
import { emptyTally, endedOf, largerShare, sharesOfBudget } from './tally';

/** Reports of all pages together: each is a few events of the batch. */
const REPORTS_PER_BATCH = 100;

/** Its number, and the page. */
const newest = (batch: Batch) => [...batch.open].at(-1) ?? [];

/** Sends in the background: handlers are synchronous, and a page that has just ended cannot be told anything. */
function send(signal: () => Promise<void>, otherwise: () => void = () => undefined): void {
  void CancellationScope.nonCancellable(() => signal().catch(otherwise));
}

/**
 * Takes slots (negative: takes them back) and gives all there are to the newest page, unless they come from there: it has
 * nothing more to start, and would send them back for ever. The next one that opens gets them.
 */
export function giveSlots(batch: Batch, slots: number, from?: number): void {
  batch.spare += slots;
  // All there are will be given anew when nothing runs.
  if (batch.recalling) return;
  const [number, page] = newest(batch);
  const given = batch.spare;
  if (!page || number === from || given === 0) return;
  batch.spare = 0;
  send(
    () => page.child.signal(addSlotsSignal, given),
    // It has ended; the next one that opens gets them.
    () => void (batch.spare += given),
  );
}

export function pausePages(batch: Batch): void {
  const { paused } = batch;
  batch.told.paused = paused;
  for (const { child } of batch.open.values()) send(() => child.signal(pausePageSignal, paused));
}

export function changeSlots(batch: Batch): void {
  const more = batch.concurrency - batch.told.slots;
  batch.told.slots = batch.concurrency;
  giveSlots(batch, more);
}

/** Starts nothing more. A cancel goes before a budget that lets running tasks finish; the first reason stays. */
export function stopBatch(
  batch: Batch,
  kind: BatchStop,
  by: 'signal' | 'temporal' | 'budget',
  reason: string,
  running: PageStop['running'] = 'cancel',
): void {
  if (batch.result) return;
  const { stop } = batch;
  const harder = stop === null || (running === 'cancel' && stop.running !== 'cancel');
  // Temporal's cancel decides how the batch closes.
  if (stop) batch.stop = { ...stop, by: by === 'temporal' ? by : stop.by, running: harder ? running : stop.running };
  else batch.stop = { kind, by, reason, running };
  if (!harder) return;
  const order: PageStop = { kind: batch.stop.kind, reason: batch.stop.reason, running };
  for (const { child } of batch.open.values()) send(() => child.signal(stopPageSignal, order));
  showBatch(batch);
}

export function stopWhenUsedUp(batch: Batch): void {
  const { budget } = batch.input;
  if (!budget || batch.stop || largerShare(sharesOfBudget(tallyOf(batch).usage, budget)) < 1) return;
  const limits = [
    ...(budget.maxTokens === undefined ? [] : [`maxTokens ${budget.maxTokens}`]),
    ...(budget.maxCostUsd === undefined ? [] : [`maxCostUsd ${budget.maxCostUsd}`]),
  ];
  const reason = `The budget is used up (${limits.join(', ')}).`;
  stopBatch(batch, 'budget', 'budget', reason, budget.whenReached ?? 'finish');
}

function inputOf(batch: Batch, page: number): PageInput {
  const { batchId, input, total, concurrency, told } = batch;
  return {
    batchId,
    folder: input.folder,
    page,
    file: input.pages[page]!.file,
    slots: batch.spare,
    paused: told.paused,
    last: page === input.pages.length - 1,
    askAheadItems: concurrency,
    reportEveryItems: Math.max(1, Math.ceil(total / REPORTS_PER_BATCH)),
    ...(input.budget ? { budget: input.budget, spentShares: sharesOfBudget(tallyOf(batch).usage, input.budget) } : {}),
    rules: 2,
  };
}

/** An open page runs nothing, or is gone. After the last one every slot is free: the window begins anew. */
export function noteRecalled(batch: Batch, page: number): void {
  const { recalling } = batch;
  if (!recalling) return;
  recalling.delete(page);
  if (recalling.size > 0) return;
  batch.recalling = null;
  batch.told.slots = batch.concurrency;
  const [first, ...others] = [...batch.open.values()];
  batch.spare = first ? 0 : batch.concurrency;
  for (const { child } of others) send(() => child.signal(grantSlotsSignal, 0));
  // Should it end meanwhile, the batch has them again.
  if (first)
    send(
      () => first.child.signal(grantSlotsSignal, batch.concurrency),
      () => giveSlots(batch, batch.concurrency),
    );
}

/**
 * A page that is gone took slots with it, and pages hand theirs on among themselves: nobody knows how many. So all are
 * called back: no page starts anything until nothing runs, and then the whole window is given out again.
 */
function recallSlots(batch: Batch): void {
  batch.recalling = new Set(batch.open.keys());
  batch.nextWanted = true;
  for (const [page, { child }] of batch.open)
    send(
      () => child.signal(recallSlotsSignal),
      () => noteRecalled(batch, page),
    );
  if (batch.open.size === 0) noteRecalled(batch, -1);
}

function noteLost(batch: Batch, page: number, error: unknown): void {
  batch.lost.push(page);
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  const reason = cause instanceof Error ? (cause.cause ?? cause) : undefined;
  const unreadable = reason instanceof ApplicationFailure && reason.type === 'InputUnreadable';
  if (unreadable && page === 0) batch.unreadable = reason.message;
}

async function follow(batch: Batch, page: number, child: PageChild): Promise<void> {
  try {
    batch.closed.push((await child.result()).tally);
  } catch (error) {
    // What it had last reported is kept; the rest of its items is unknown.
    const tally = batch.open.get(page)?.tally ?? emptyTally();
    batch.closed.push(tally);
    batch.unknown += batch.input.pages[page]!.items - endedOf(tally);
    noteLost(batch, page, error);
  }
  batch.open.delete(page);
  noteRecalled(batch, page);
  if (batch.lost.includes(page)) recallSlots(batch);
  stopWhenUsedUp(batch);
  showBatch(batch);
}

/** Starts a page with all spare slots. Resolves when it has started; `ended` does when it is over. */
export async function startPage(batch: Batch, page: number): Promise<{ ended: Promise<void> }> {
  const [, previous] = newest(batch);
  const registered = workflowInfo().typedSearchAttributes.get(SEARCH_ATTRIBUTES.BatchId) !== undefined;
  const args: [PageInput] = [inputOf(batch, page)];
  const lostBefore = batch.lost.length;
  batch.spare = 0;
  batch.nextWanted = false;
  const child = await startChild<typeof responseBatchPage>(PAGE_WORKFLOW, {
    workflowId: pageWorkflowId(batch.batchId, page),
    args,
    // A batch that is terminated by hand must not leave paid runs behind: its pages cancel their tasks.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: `page ${page + 1} of ${batch.input.pages.length}: ${batch.input.pages[page]!.items} items`,
    ...(registered ? { typedSearchAttributes: [{ key: SEARCH_ATTRIBUTES.BatchId, value: batch.batchId }] } : {}),
  });
  batch.open.set(page, { child, tally: emptyTally() });
  if (previous) send(() => previous.child.signal(setSuccessorSignal, child.workflowId));
  // What was said while it started did not reach it.
  if (batch.lost.length > lostBefore) recallSlots(batch);
  if (batch.stop) {
    const { kind, reason, running } = batch.stop;
    send(() => child.signal(stopPageSignal, { kind, reason, running }));
  }
  if (batch.told.paused !== args[0].paused) send(() => child.signal(pausePageSignal, batch.told.paused));
  giveSlots(batch, 0);
  return { ended: follow(batch, page, child) };
}
