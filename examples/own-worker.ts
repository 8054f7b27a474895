/** A worker of your own: your workflows and your cleanup beside those of the package. */
import { NativeConnection } from '@temporalio/worker';
import { DurableResponses } from 'durable-responses';
import { createWorker } from 'durable-responses/worker';

async function main(): Promise<void> {
  const client = await DurableResponses.connect({ taskQueue: 'own-tasks' });
  const { connectionOptions, taskQueue } = client.server;
  const connection = await NativeConnection.connect(connectionOptions);
  const openai = { apiKey: process.env.OPENAI_API_KEY ?? '', baseURL: process.env.OPENAI_BASE_URL };
  const cleanUp = (task: { taskId: string; status: string }) => console.log(`cleanup: ${task.taskId} ${task.status}`);
  const workflowsPath = require.resolve('./own-workflows');
  const worker = await createWorker({ ...client.server, connection, openai, cleanUp, worker: { workflowsPath } });
  await worker.runUntil(async () => {
    const request = { model: process.argv[2] ?? 'o3', input: 'Why do otters hold hands?' };
    const { id } = await client.startTask({ request });
    console.log(`started: ${id}`);
    const { status, outputText } = await client.result(id);
    console.log(`${status}: ${outputText}`);
    const own = { taskQueue, workflowId: `title-of-${id}`, args: [outputText ?? ''] };
    if (outputText) console.log(`title: ${await client.temporal.workflow.execute('titleOf', own)}`);
  });
}

void main().then(() => process.exit());
