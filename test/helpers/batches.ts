/** Batches that show what becomes of slots and budgets, and what tests look at while they run. */
import { createActivities, type Activities } from '../../src/activities';
import type { BatchItem, BatchPlan, Priority } from '../../src/contracts';
import { pageWorkflowId } from '../../src/names';
import { addSlotsSignal } from '../../src/workflows/batch-messages';
import { cancelTaskSignal } from '../../src/workflows/messages';
import { until } from './watched';
import type { World } from './world';

/** Creates of a batch so far. */
export const createsIn = ({ emulator }: World, id: string) =>
  emulator.ledger().creates.filter(({ metadata }) => metadata.task_id?.startsWith(`${id}/`));

/** How often this batch or page was told of slots. */
export async function slotsTold({ client }: World, workflowId: string): Promise<number> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const isOfSlots = (name?: string | null) => name === addSlotsSignal.name;
  return (events ?? []).filter((event) => isOfSlots(event.workflowExecutionSignaledEventAttributes?.signalName)).length;
}

/** A store that takes the records of one page when it is let: a disk that is full until then. */
export function heldSaves({ emulator, store }: World, file: number) {
  const real = createActivities({ openai: { apiKey: 'sk-test', baseURL: emulator.url }, store });
  let isHeld = false;
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const activities: Partial<Activities> = {
    saveRecords: async (input) => {
      isHeld ||= input.file === file;
      if (input.file === file) await released;
      return real.saveRecords(input);
    },
  };
  return { activities, isHeld: () => isHeld, release };
}

interface ItemOptions {
  /** Default 0.2. */
  runSeconds?: string;
  priority?: Priority;
  model?: string;
  /** A quarter of it are tokens. Default: a short text. */
  outputBytes?: number;
}

export function itemOf(id: string, { runSeconds = '0.2', priority, model = 'o3', outputBytes }: ItemOptions = {}) {
  const metadata = {
    emulator_run_seconds: runSeconds,
    emulator_queued_seconds: '0',
    ...(outputBytes === undefined ? {} : { emulator_output_bytes: String(outputBytes) }),
  };
  const task = { request: { model, input: `Prompt of ${id}`, metadata }, options: priority ? { priority } : {} };
  return { id, task } satisfies BatchItem;
}

const many = (count: number, name: string, options: ItemOptions): BatchItem[] =>
  Array.from({ length: count }, (_, i) => itemOf(`${name}${i}`, options));

/** A thousand tokens, a tenth of a cent. */
const HEAVY: ItemOptions = { model: 'o3', outputBytes: 4_000 };
/** A hundred tokens, five cents. */
const COSTLY: ItemOptions = { model: 'gpt-4.1', outputBytes: 400 };

export const heavy = (id: string) => itemOf(id, HEAVY);
export const costly = (id: string, runSeconds?: string) => itemOf(id, { ...COSTLY, runSeconds });

/** Prices of these two. */
export const PRICES = {
  asOf: '2026-11-01',
  models: { o3: { input: 0, output: 1 }, 'gpt-4.1': { input: 0, output: 500 } },
};

/** Ten items that use tokens, and then some that cost money. */
export const twoLimits = (costlyItems: number): BatchPlan => ({
  items: [
    ...many(10, 'heavy', { ...HEAVY, priority: 'high' }),
    ...many(costlyItems, 'costly', { ...COSTLY, priority: 'low' }),
  ],
  concurrency: 2,
  budget: { maxTokens: 15_000, maxCostUsd: 1, prices: PRICES },
});

/** The page in the middle has nothing but a line that is no task. */
export const badPage = (longSeconds: string): BatchPlan => ({
  items: [
    ...many(3, 'long', { runSeconds: longSeconds, priority: 'high' }),
    { id: 'bad', problem: { line: 4, field: 'line', message: 'not valid JSON' } },
    ...many(3, 'short', { priority: 'low' }),
  ],
  concurrency: 5,
});

/** In pages of two: the first one goes on when the second has nothing more to run, and the third needs both slots. */
export const threePages = (lastSeconds: string): BatchPlan => ({
  items: [
    itemOf('long', { runSeconds: '600' }),
    ...many(3, 'short', {}),
    ...many(2, 'last', { runSeconds: lastSeconds }),
  ],
  concurrency: 2,
});

/** Its second page has ended all items and cannot write them down when a slot comes from the first. */
export async function sendLateSlot(world: World, id: string, saves: ReturnType<typeof heldSaves>): Promise<void> {
  const second = pageWorkflowId(id, 1);
  // The long one, the short ones, and the first of the last.
  await until(() => saves.isHeld() && createsIn(world, id).length >= 5);
  const before = await slotsTold(world, second);
  await world.client.workflow.getHandle(`${id}/long`).signal(cancelTaskSignal, 'to make room');
  await until(async () => (await slotsTold(world, second)) > before);
}
