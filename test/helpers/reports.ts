/** Reports for tests: sources in a folder, and what is left of them upstream. */
import OpenAI from 'openai';
import type { WorkflowHandle } from '@temporalio/client';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Emulator } from '../../emulator';
import { createActivities } from '../../src/activities';
import { startReport } from '../../src/client/report';
import type { ReportPlan, ReportProgress, ReportResult } from '../../src/contracts';
import { DEFAULT_TASK_QUEUE } from '../../src/names';
import { closeAfterFile } from './leftovers';
import { uniqueId, type World } from './world';

/** Two sources, one of which file search can read. They are there until the end of the test file. */
export function sourceFiles(names = ['sales_data.csv', 'market_research.md']): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'durable-responses-sources-'));
  closeAfterFile(() => rm(folder, { recursive: true }));
  return names.map((name) => {
    const path = join(folder, name);
    writeFileSync(path, `quarter,revenue\nQ1,100\n# ${name}\n`);
    return path;
  });
}

export const aPlan = (fields: Partial<ReportPlan> = {}): ReportPlan => ({
  title: 'Otters in business',
  sources: sourceFiles().map((path) => ({ path })),
  ...fields,
  metadata: { emulator_run_seconds: '1', emulator_queued_seconds: '0.1', ...fields.metadata },
  options: { pollIntervalsSeconds: [0.2], ...fields.options },
});

export async function begin(
  { client, store, env }: World,
  plan: ReportPlan,
  id = uniqueId('report'),
): Promise<WorkflowHandle> {
  // The time-skipping server does not have them.
  const searchAttributes = !env.supportsTimeSkipping;
  const context = { client, taskQueue: DEFAULT_TASK_QUEUE, searchAttributes, store };
  await startReport(context, plan, { id, random: 'test' });
  return client.workflow.getHandle(id);
}

/** What a report ended with, whichever way it was closed. */
export const resultOf = async (handle: WorkflowHandle): Promise<ReportResult> =>
  (await handle.result().catch(() => handle.query('reportResult'))) as ReportResult;

export const progressOf = (handle: WorkflowHandle): Promise<ReportProgress> =>
  handle.query<ReportProgress>('reportProgress');

/** Everything that was made upstream and not deleted. */
export const leftUpstream = (emulator: Emulator): string[] => [
  ...emulator.liveFiles(),
  ...emulator.liveContainers(),
  ...emulator.liveVectorStores(),
];

/** Creates of the report's run. */
export const createsOfReport = ({ emulator }: World, id: string) =>
  emulator.ledger().creates.filter(({ metadata }) => metadata.task_id === `${id}/run`);

/** Activities that, right before everything is deleted, take what the run left as any other client sees it. */
export function withSnapshot({ emulator, store }: World) {
  const openai = new OpenAI({ apiKey: 'sk-test', baseURL: emulator.url, maxRetries: 0 });
  const { cleanUpReport } = createActivities({ openai: { apiKey: 'sk-test', baseURL: emulator.url }, store });
  const files = new Map<string, Buffer>();
  const takeAll = async (container_id: string) => {
    for await (const { id, path, source } of openai.containers.files.list(container_id)) {
      if (source !== 'assistant') continue;
      const content = await openai.containers.files.content.retrieve(id, { container_id });
      files.set(path.replace('/mnt/data/', ''), Buffer.from(await content.arrayBuffer()));
    }
  };
  const activities: Partial<ReturnType<typeof createActivities>> = {
    cleanUpReport: async (input) => {
      if (input.containerId) await takeAll(input.containerId);
      return cleanUpReport(input);
    },
  };
  return { activities, files };
}
