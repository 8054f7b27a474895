/** A page of a batch: a window of awaited tasks. Its slots go on to the next page, so that none is ever idle. */
import { CancellationScope, condition, getExternalWorkflowHandle, setCurrentDetails } from '@temporalio/workflow';
import type { ItemHead, PageInput, PageResult, PageStop, StoredRecord } from '../contracts';
import { itemWorkflowId } from '../names';
import { addSlotsSignal, pageNearlyStartedSignal, pageRecalledSignal, pageReportSignal } from './batch-messages';
import { cancelTaskSignal } from './messages';
import { hasUsedMore, isUsedUp, ownShares } from './page-budget';
import { recordOf, recordOfBadLine, recordOfLost, startTask } from './page-items';
import { paceFilling } from './page-fill';
import { describePage, listenToPage, openPage, type Page } from './page-state';
import { pages, RECORDS_PER_BLOB } from './policies';
import { countRecord, endedOf } from './tally';

/** A signal to a workflow that is gone is no failure of ours: whoever waits for it notices by other means. */
async function tell(send: () => Promise<void>): Promise<boolean> {
  return send().then(
    () => true,
    () => false,
  );
}

const batchOf = (page: Page) => getExternalWorkflowHandle(page.input.batchId);

function saveRecords(page: Page): void {
  const records = page.unsaved.splice(0);
  if (records.length === 0) return;
  const { folder, file } = page.input;
  const input = { folder, file, chunk: page.chunks++, records };
  const summary = `save ${records.length} records`;
  page.saves.push(pages.saveRecords.executeWithOptions({ summary }, [input]));
}

/** A step further than the last report, or said to be worth one. */
function report(page: Page, always = false): void {
  const { input, tally, reported } = page;
  const items = endedOf(tally) - reported.items;
  const isDue = items >= input.reportEveryItems || hasUsedMore(page) || isUsedUp(page);
  if (!always && !isDue) return;
  page.reported = { items: endedOf(tally), budgetShares: ownShares(page) };
  const soFar = { ...tally, counts: { ...tally.counts }, byPriority: { ...tally.byPriority } };
  page.saves.push(tell(() => batchOf(page).signal(pageReportSignal, input.page, soFar)));
}

function note(page: Page, record: StoredRecord): void {
  countRecord(page.tally, record);
  page.unsaved.push(record);
  if (page.unsaved.length >= RECORDS_PER_BLOB) saveRecords(page);
  report(page);
  setCurrentDetails(describePage(page));
}

async function runItem(page: Page, head: ItemHead): Promise<void> {
  const workflowId = itemWorkflowId(page.input.batchId, head.id);
  const startedAtMs = Date.now();
  page.free--;
  page.tally.started++;
  page.running.set(head.id, null);
  try {
    const child = await startTask(head, page.input);
    page.running.set(head.id, child);
    if (page.stop?.running === 'cancel') await tell(() => child.signal(cancelTaskSignal, page.stop?.reason));
    note(page, recordOf(head, await child.result(), startedAtMs));
  } catch (error) {
    note(page, recordOfLost(head, workflowId, error));
  } finally {
    page.running.delete(head.id);
    page.free++;
  }
}

function askForSuccessor(page: Page, left: number): void {
  const { last, askAheadItems, page: number } = page.input;
  if (last || page.asked || left > askAheadItems) return;
  page.asked = true;
  page.saves.push(tell(() => batchOf(page).signal(pageNearlyStartedSignal, number)));
}

const mayStart = (page: Page): boolean => !page.paused && page.recall === null && page.free > 0 && !isUsedUp(page);

/** Waits until an item may be started; false when none may be any more. */
async function mayStartNext(page: Page): Promise<boolean> {
  const idle = () => page.recall === 'asked' && page.running.size === 0;
  for (;;) {
    await condition(() => page.stop !== null || mayStart(page) || idle());
    if (page.stop || !idle()) return page.stop === null;
    page.recall = 'said';
    await tell(() => batchOf(page).signal(pageRecalledSignal, page.input.page));
  }
}

async function startAll(page: Page, heads: ItemHead[]): Promise<void> {
  for (const [i, head] of heads.entries()) {
    if (head.problem) {
      page.tally.badLines++;
      note(page, recordOfBadLine(head, head.problem));
      continue;
    }
    if (page.free === 0 && !page.filled) {
      page.filled = true;
      report(page, true);
    }
    await paceFilling(page, page.items.length);
    if (!(await mayStartNext(page))) return;
    page.items.push(runItem(page, head));
    askForSuccessor(page, heads.length - i - 1);
  }
  if (page.running.size > 0) report(page, true);
}

/** After a recall all are given anew, and after the last page nobody needs them. */
const hasSlots = (page: Page): boolean => page.recall === null && !page.input.last && page.free !== 0;

const mayPass = (page: Page): boolean => page.stop === null && hasSlots(page);

/** To the next page where there is one, else to the batch, which gives them to the newest page. */
async function passSlotsOn(page: Page): Promise<void> {
  const slots = page.free;
  page.free = 0;
  const { successor, input } = page;
  const passed =
    successor !== null && (await tell(() => getExternalWorkflowHandle(successor).signal(addSlotsSignal, slots)));
  if (!passed) await tell(() => batchOf(page).signal(addSlotsSignal, slots, input.page));
}

/** Waits for the running items; what they free goes on at once. */
async function drain(page: Page): Promise<void> {
  for (;;) {
    await condition(() => page.running.size === 0 || (mayPass(page) && page.free > 0 && page.successor !== null));
    if (mayPass(page)) await passSlotsOn(page);
    else if (page.running.size === 0) return;
  }
}

async function runPage(page: Page): Promise<PageResult> {
  const { folder, file } = page.input;
  const heads = await pages.readHeads.executeWithOptions({ summary: 'read the page' }, [{ folder, file }]);
  await startAll(page, heads);
  // One that has started nothing has not asked, nor has one that ends with more bad lines than it asks ahead.
  if (page.input.rules) askForSuccessor(page, 0);
  await drain(page);
  await Promise.all(page.items);
  saveRecords(page);
  await Promise.all(page.saves);
  setCurrentDetails(describePage(page));
  // Those that came during the saves, and of a page that was cancelled by hand, of which the batch does not know.
  // Nothing is awaited between the last look and the end.
  while (page.input.rules && hasSlots(page)) await passSlotsOn(page);
  return { tally: page.tally };
}

async function cancelRunning(page: Page, reason: string): Promise<void> {
  const children = [...page.running.values()].filter((child) => child !== null);
  await Promise.all(children.map((child) => tell(() => child.signal(cancelTaskSignal, reason))));
}

/** A stop that cancels goes before one that lets finish. */
function stopPage(page: Page, stop: PageStop): void {
  const harder = stop.running === 'cancel' && page.stop?.running !== 'cancel';
  if (page.stop && !harder) return;
  page.stop = stop;
  if (harder) page.saves.push(CancellationScope.nonCancellable(() => cancelRunning(page, stop.reason)));
}

/**
 * Runs the items of one page, each as a child `responseTask`. It is started by `responseBatch` and always gives its
 * tally, also after a cancel; it fails only when its input cannot be read (`InputUnreadable`).
 */
export async function responseBatchPage(input: PageInput): Promise<PageResult> {
  const page = openPage(input);
  listenToPage(page, (stop) => stopPage(page, stop));
  return CancellationScope.nonCancellable(() => runPage(page));
}
