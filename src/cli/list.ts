/** `task list` */
import type { Command } from 'commander';
import { checkFilter } from '../client/visibility';
import type { Priority, TaskStatus } from '../contracts';
import { numberOf } from './options';
import { EXIT, print, printJson, table } from './output';
import type { Run } from './run';

interface ListFlags {
  json?: boolean;
  status?: TaskStatus;
  priority?: Priority;
  batch?: string;
  limit: number;
}

/** What was terminated or timed out by the server could not say so itself: its last status is not true any more. */
export function statusOf(execution: string, taskStatus: string | null): string {
  const byHand = ['TERMINATED', 'TIMED_OUT', 'FAILED'].includes(execution);
  return byHand || taskStatus === null ? execution.toLowerCase() : taskStatus;
}

export function addList(task: Command, run: Run): void {
  task
    .command('list')
    .description('tasks, newest first')
    .option('--status <status>')
    .option('--priority <level>')
    .option('--batch <id>')
    .option('--limit <n>', 'at most 1000', numberOf, 50)
    .option('--json')
    .action((flags: ListFlags) => {
      checkFilter(flags);
      return run(async (client) => {
        const tasks = await client.list(flags);
        const rows = tasks.map((t) => [
          t.id,
          statusOf(t.execution, t.status),
          t.priority,
          t.model,
          t.startedAt.slice(0, 19),
        ]);
        if (flags.json) printJson(tasks);
        else print(table([['TASK', 'STATUS', 'PRIORITY', 'MODEL', 'STARTED'], ...rows]));
        return EXIT.completed;
      });
    });
}
