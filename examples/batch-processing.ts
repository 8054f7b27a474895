/**
 * Batch processing: in place of a `process_batch` that creates a background response for each task, and a
 * `monitor_batch` that keeps their ids in memory and asks for each in turn.
 *
 * Better: this program may stop at any moment. Started again with the same id it joins the batch that runs, and creates
 * nothing twice. Every task gives one record in the order of the list, also one that failed or was refused.
 *
 * Run `npm start` in another terminal, then: node lib/examples/batch-processing.js [model] [batch-id]
 */
import { DurableResponses, type BatchRecord, type ResponseRequest } from 'durable-responses';

const TASKS: { prompt: string; tools: NonNullable<ResponseRequest['tools']> }[] = [
  { prompt: 'Analyze financial report 1', tools: [{ type: 'web_search' }] },
  // The API refuses this tool without a container.
  { prompt: 'Generate market summary 2', tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] },
  { prompt: 'Create customer analysis 3', tools: [] },
];

async function processBatch(client: DurableResponses, model: string, id?: string): Promise<string> {
  const items = TASKS.map(({ prompt, tools }, i) => ({
    id: `task-${i + 1}`,
    task: { request: { model, input: prompt, tools } },
  }));
  return (await client.startBatch({ items }, { id })).id;
}

/** Waits for the end; then one record at a time is in memory, however many there are. */
async function* monitorBatch(client: DurableResponses, id: string): AsyncGenerator<BatchRecord> {
  await client.batchResult(id, { records: false });
  yield* (await client.batchReader(id)).records();
}

async function main([model = 'o3', wanted]: string[]): Promise<void> {
  const client = await DurableResponses.connect();
  try {
    const id = await processBatch(client, model, wanted);
    for await (const { index, status, result, error } of monitorBatch(client, id))
      console.log(JSON.stringify({ prompt: TASKS[index]?.prompt, status, result: result ?? error?.message }));
  } finally {
    await client.close();
  }
}

void main(process.argv.slice(2));
