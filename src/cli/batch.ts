/** `batch ...` */
import type { Command } from 'commander';
import type { DurableResponses } from '../client';
import type { BatchProgress } from '../contracts';
import { UsageError } from '../errors';
import { MAX_CONCURRENCY } from '../settings';
import { addResults } from './batch-results';
import { addRetry, addStart } from './batch-start';
import { addWatch } from './batch-watch';
import { assertId, numberOf } from './options';
import { EXIT, printJson, say } from './output';
import type { Run } from './run';
import { addCancel, showStatusOf } from './task';

interface Common {
  json?: boolean;
}

/** Changes a running batch and says where it stands then. */
function change(
  run: Run,
  id: string,
  { json }: Common,
  ask: (client: DurableResponses) => Promise<BatchProgress>,
): Promise<void> {
  assertId(id);
  return run(async (client) => {
    const view = await ask(client);
    if (json) printJson(view);
    else
      say(
        `${id}: ${view.paused ? 'paused' : 'running'}, at most ${view.concurrency} at once, ${view.running} run, ` +
          `${view.waiting} wait`,
      );
    return EXIT.completed;
  });
}

function addChanges(batch: Command, run: Run): void {
  batch
    .command('pause <id>')
    .description('start nothing more until resume; running tasks go on')
    .option('--json')
    .action((id: string, flags: Common) => change(run, id, flags, (client) => client.pauseBatch(id)));
  batch
    .command('resume <id>')
    .description('go on after pause')
    .option('--json')
    .action((id: string, flags: Common) => change(run, id, flags, (client) => client.resumeBatch(id)));
  batch
    .command('concurrency <id> <n>')
    .description(`change how many tasks may run at once: 1 to ${MAX_CONCURRENCY}`)
    .option('--json')
    .action((id: string, n: string, flags: Common) => {
      const concurrency = numberOf(n);
      if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY)
        throw new UsageError([`concurrency: expected a whole number from 1 to ${MAX_CONCURRENCY}`]);
      return change(run, id, flags, (client) => client.setBatchConcurrency(id, concurrency));
    });
}

export function addBatchCommands(program: Command, run: Run): void {
  const batch = program.command('batch').description('many background responses');
  addStart(batch, run);
  batch
    .command('status <id>')
    .description('counts, rate, time left, tokens')
    .option('--json')
    .action((id: string, flags: Common) => showStatusOf(id, flags, run));
  addWatch(batch, run);
  addResults(batch, run);
  addChanges(batch, run);
  addRetry(batch, run);
  addCancel(batch, run, 'batch');
}
