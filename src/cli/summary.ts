/** `summary` */
import type { Command } from 'commander';
import { EXIT, print, printJson, table } from './output';
import type { Run } from './run';

export function addSummary(program: Command, run: Run): void {
  program
    .command('summary')
    .description('counts of tasks by status, priority and batch')
    .option('--json')
    .action((flags: { json?: boolean }) =>
      run(async (client) => {
        const summary = await client.summary();
        if (flags.json) {
          printJson(summary);
          return EXIT.completed;
        }
        const { byStatus, byPriority, byBatch, terminated, readAt } = summary;
        print(table([['STATUS', 'TASKS'], ...Object.entries(byStatus)]));
        print(`\n${table([['PRIORITY', 'TASKS'], ...Object.entries(byPriority)])}`);
        const listed = (counts: Record<string, number>) =>
          Object.entries(counts)
            .map(([status, count]) => `${count} ${status}`)
            .join(', ');
        const batches = byBatch.map(({ id, execution, counts }) => [id, execution.toLowerCase(), listed(counts)]);
        if (batches.length > 0) print(`\n${table([['BATCH', 'STATE', 'TASKS'], ...batches])}`);
        if (terminated > 0) print(`\nTerminated, timed out or failed, without cleanup: ${terminated}`);
        print(`\nRead ${readAt}; the store lags about a second behind.`);
        return EXIT.completed;
      }),
    );
}
