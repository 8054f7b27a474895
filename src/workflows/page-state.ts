/** What the workflow of a page knows. */
import { CancellationScope, setHandler } from '@temporalio/workflow';
import type { PageInput, PageStop, StoredRecord, Tally } from '../contracts';
import {
  addSlotsSignal,
  grantSlotsSignal,
  pageProgressQuery,
  pausePageSignal,
  recallSlotsSignal,
  setSuccessorSignal,
  stopPageSignal,
} from './batch-messages';
import type { TaskChild } from './page-items';
import { emptyTally, endedOf } from './tally';

export interface Page {
  readonly input: PageInput;
  /** Tasks that it may start now; negative when it runs more than it may. */
  free: number;
  paused: boolean;
  /** Called back: `said` when the batch knows that nothing runs here. Nothing is started before slots are granted. */
  recall: 'asked' | 'said' | null;
  stop: PageStop | null;
  successor: string | null;
  asked: boolean;
  /** The window has been full: from then on ended items show how it goes. */
  filled: boolean;
  /** By item id; null until the child has started. */
  running: Map<string, TaskChild | null>;
  items: Promise<void>[];
  tally: Tally;
  reported: { items: number; budgetShares: number[] };
  unsaved: StoredRecord[];
  chunks: number;
  /** Records and reports under way: the page ends after them. */
  saves: Promise<unknown>[];
}

export function openPage(input: PageInput): Page {
  return {
    input,
    free: input.slots,
    paused: input.paused,
    recall: null,
    stop: null,
    successor: null,
    asked: false,
    filled: false,
    running: new Map(),
    items: [],
    tally: emptyTally(),
    reported: { items: 0, budgetShares: [] },
    unsaved: [],
    chunks: 0,
    saves: [],
  };
}

/** All handlers are synchronous: none can be under way when the workflow returns. */
export function listenToPage(page: Page, stop: (stop: PageStop) => void): void {
  setHandler(addSlotsSignal, (slots) => void (page.free += slots));
  setHandler(recallSlotsSignal, () => void (page.recall = 'asked'));
  setHandler(grantSlotsSignal, (slots) => void Object.assign(page, { free: slots, recall: null }));
  setHandler(setSuccessorSignal, (workflowId) => void (page.successor = workflowId));
  setHandler(pausePageSignal, (paused) => void (page.paused = paused));
  setHandler(stopPageSignal, stop);
  setHandler(pageProgressQuery, () => ({ tally: page.tally, running: [...page.running.keys()] }), {
    description: 'Counts and tokens of this page, and the ids of its running items.',
  });
  CancellationScope.current().cancelRequested.catch(() =>
    stop({ kind: 'cancelled', reason: 'cancel request to the page', running: 'cancel' }),
  );
}

/** Current Details in markdown. */
export function describePage({ input, tally, running, paused, stop }: Page): string {
  const counts = Object.entries(tally.counts).map(([status, count]) => `- ${status}: ${count}`);
  return [
    `**${endedOf(tally)}** items of page ${input.page + 1} ended${paused ? ' (paused)' : ''}`,
    '',
    ...counts,
    `- running: ${running.size}`,
    ...(stop ? [`- stopped: ${stop.reason}`] : []),
  ].join('\n');
}
