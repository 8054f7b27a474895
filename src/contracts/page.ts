/** What the workflows of a batch and of its pages say to each other. */
import type { BatchStop, Tally } from './batch';
import type { Budget, BudgetShares } from './cost';
import type { TaskOptions } from './task';

/** What the workflow of a page knows of an item; its request stays in the store. */
export interface ItemHead {
  /** In input order, from 0. */
  index: number;
  id: string;
  /** Where the item is in the file of its page, in bytes. */
  at: { offset: number; length: number };
  /** Set when the line is no task. */
  problem?: { line: number; field: string; message: string };
  /** Set when a response is attached to. */
  attach?: { responseId: string };
  model: string | null;
  /** `include` of the request, which every GET needs again. */
  include: string[];
  options: TaskOptions;
  /** Static summary of the task's workflow. */
  summary: string;
}

export interface PageInput {
  batchId: string;
  folder: string;
  /** From 0, in the order of starting. */
  page: number;
  file: number;
  /** Tasks that it may run at once, to begin with; more come by signal. */
  slots: number;
  paused: boolean;
  /** No page comes after it. */
  last: boolean;
  /** It asks for the next page when it has no more than this many items left to start. */
  askAheadItems: number;
  /** It tells the batch of its progress after this many ended items. */
  reportEveryItems: number;
  budget?: Budget;
  /** How much of the budget other pages have used. */
  spentShares?: BudgetShares;
  /** The larger of the two: all that an older version has given a page, or not even that. */
  spentShare?: number;
  /** 2: it asks for the next page in any case, and passes on slots until its end. Lacks where an older version began it. */
  rules?: 2;
}

export interface PageResult {
  tally: Tally;
}

export interface PageStop {
  kind: BatchStop;
  reason: string;
  /** What becomes of running tasks. */
  running: 'finish' | 'cancel';
}

/** The answer of a page's `pageProgress` query. */
export interface PageProgress {
  tally: Tally;
  /** Ids of running items. */
  running: string[];
}
