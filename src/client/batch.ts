/** Starting batches: the input goes into the store first, whole and checked; only then is anything started. */
import type { BatchItem, BatchPlan } from '../contracts';
import { checkId, itemChecker, settingsProblems, type DoorRules } from '../door';
import { UsageError } from '../errors';
import { itemWorkflowId } from '../names';
import { DEFAULT_CONCURRENCY } from '../settings';
import { batchFolder, type BlobStore } from '../store';
import { BatchInputWriter } from '../store/batch-input';
import { findStarted, startBatchWorkflow, withReceiver, type StartContext, type Started } from './start';

export interface BatchContext extends StartContext {
  store: BlobStore;
}

export interface StartBatchOptions {
  id: string;
  /** Makes the folder of this start unlike all others. */
  random: string;
  /** The batch whose items these are. */
  retryOf?: string;
  /** Default 500, which keeps the history of a page within the server's limits. */
  itemsPerPage?: number;
}

/** A batch that is known to the server; `items` is what was given now, not what a joined one has. */
export type StartedBatch = Started & { items?: number };

const MAX_PROBLEMS = 20;

/** Writes every item, and says all that is wrong with them. @throws UsageError after at most 20 problems. */
async function writeItems(writer: BatchInputWriter, plan: BatchPlan, id: string, rules: DoorRules): Promise<void> {
  const check = itemChecker(plan, rules);
  const problems = settingsProblems(plan);
  let items = 0;
  for await (const item of plan.items as AsyncIterable<BatchItem>) {
    if (problems.length >= MAX_PROBLEMS) break;
    problems.push(...check(item), ...checkId(itemWorkflowId(id, item.id), `items[${items}].id, after the batch's`));
    items++;
    if (problems.length === 0) await writer.add(item);
  }
  if (items === 0 && problems.length === 0) problems.push('items: a batch needs at least one');
  if (problems.length > 0) throw new UsageError(problems.slice(0, MAX_PROBLEMS));
}

async function writeInput(context: BatchContext, folder: string, plan: BatchPlan, options: StartBatchOptions) {
  const { store } = context;
  const writer = new BatchInputWriter(store, folder, plan.options, options.itemsPerPage);
  try {
    await writeItems(writer, plan, options.id, context);
    return await writer.finish(options.retryOf ?? null);
  } catch (error) {
    await store.removeAll(`${folder}/`);
    throw error;
  }
}

/**
 * Starts a batch, or joins the one that has its id. A later change of the file or list that the items came from
 * changes nothing.
 *
 * @throws UsageError when an item or a setting is not valid: nothing was started.
 */
export async function startBatch(
  context: BatchContext,
  plan: BatchPlan,
  options: StartBatchOptions,
): Promise<StartedBatch> {
  const { id, random, retryOf } = options;
  const there = await findStarted(context, id, 'batch');
  if (there) return there;
  const folder = batchFolder(context.client.options.namespace, id, random);
  const input = await writeInput(context, folder, { ...plan, options: withReceiver(context, plan.options) }, options);
  const { concurrency = DEFAULT_CONCURRENCY, budget } = plan;
  const started = await startBatchWorkflow(context, id, {
    folder,
    pages: input.pages,
    concurrency,
    ...(budget ? { budget } : {}),
    ...(retryOf ? { retryOf } : {}),
  });
  // Somebody was quicker with the same id: this input is nobody's.
  if (started.joined) await context.store.removeAll(`${folder}/`);
  return { ...started, items: input.total };
}
