/**
 * Task prioritization: in place of a `BackgroundTaskManager` with `submit_task` and `get_status_summary`.
 *
 * Better: a priority decides who goes first. With a limit of the account, tasks wait for their turn, and one of high
 * priority that was started last goes before all that wait. The counts come from the server, so they outlive this
 * program, and tasks of other programs are in them too.
 *
 * Run `DURABLE_RESPONSES_MAX_IN_FLIGHT=2 npm start` in another terminal, then: node lib/examples/task-prioritization.js
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DurableResponses, type Priority, type TaskOptions } from 'durable-responses';

class BackgroundTaskManager {
  readonly ids: string[] = [];

  constructor(private readonly client: DurableResponses) {}

  async submitTask(input: string, priority: Priority = 'medium', options: TaskOptions = {}): Promise<string> {
    const request = { model: 'o3', input, metadata: { priority } };
    const { id } = await this.client.startTask({ request, options: { ...options, priority } });
    this.ids.push(id);
    return id;
  }

  /** Of all tasks; about a second behind. */
  async statusSummary(): Promise<Record<string, number>> {
    const { byStatus } = await this.client.summary();
    return { completed: 0, in_progress: 0, queued: 0, failed: 0, ...byStatus };
  }

  /** Whether the counts know the end of every task of this manager. */
  async allEnded(): Promise<boolean> {
    const tasks = (await this.client.list({ limit: 1000 })).filter(({ id }) => this.ids.includes(id));
    return tasks.filter(({ execution }) => execution !== 'RUNNING').length === this.ids.length;
  }
}

async function main(): Promise<void> {
  const client = await DurableResponses.connect();
  try {
    const manager = new BackgroundTaskManager(client);
    for (const priority of ['low', 'medium', 'high'] as const) {
      for (const part of [1, 2]) {
        const id = await manager.submitTask(`Part ${part} of the work of ${priority} priority`, priority);
        console.log(`started: ${id} ${priority}`);
      }
    }
    while (!(await manager.allEnded())) {
      console.log('while:', JSON.stringify(await manager.statusSummary()));
      await sleep(1000);
    }
    console.log('after:', JSON.stringify(await manager.statusSummary()));
  } finally {
    await client.close();
  }
}

void main();
