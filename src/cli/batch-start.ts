/** `batch start` and `batch retry`. */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { DurableResponses, Started } from '../client';
import { checkOutcomes } from '../client/retry';
import { loadConfig } from '../config';
import type { BatchItem, BatchSettings } from '../contracts';
import { assertBatch, type DoorRules } from '../door';
import { UsageError } from '../errors';
import type { OutputFlags } from './batch-output';
import { finish } from './batch-results';
import { budgetOf, withBudgetOptions, type BudgetFlags } from './budget';
import { inputFormatOf, readBatchFile, type InputFormat } from './input-format';
import { assertId, numberOf, runOptionsOf, withRunOptions, type TaskFlags } from './options';
import { EXIT, printJson, say } from './output';
import type { Run } from './run';
import { showStarted } from './task';

interface StartFlags extends Partial<TaskFlags>, OutputFlags, BudgetFlags {
  id?: string;
  concurrency?: number;
  wait?: boolean;
  allowBadLines?: boolean;
  inputFormat?: InputFormat;
  retryTimes?: number;
}

const MAX_PROBLEMS_SHOWN = 20;

/** Paths in a batch file count from the working directory; the worker may run in another one. */
function withAbsoluteFiles(item: BatchItem): BatchItem {
  const files = item.task?.options?.files?.map((file) => ({ ...file, path: resolve(file.path) }));
  return item.task && files ? { ...item, task: { ...item.task, options: { ...item.task.options, files } } } : item;
}

/** The items of a file. @throws UsageError naming every bad line, unless they are allowed. */
function itemsOf(file: string, flags: StartFlags, rules: DoorRules): BatchItem[] {
  const defaults = { model: flags.model, options: optionsOf(flags), ...rules };
  const { items, problems } = readBatchFile(file, flags.inputFormat, defaults);
  if (problems.length > 0 && !flags.allowBadLines) {
    const more = problems.length - MAX_PROBLEMS_SHOWN;
    throw new UsageError([
      ...problems.slice(0, MAX_PROBLEMS_SHOWN).map((problem) => `${file}: ${problem}`),
      ...(more > 0 ? [`... and ${more} more`] : []),
      'Nothing was started. Mend the lines, or start with --allow-bad-lines to have them rejected one by one.',
    ]);
  }
  return items.map(withAbsoluteFiles);
}

const optionsOf = (flags: StartFlags) => ({
  ...runOptionsOf(flags),
  ...(flags.retryTimes === undefined ? {} : { retryOn: { times: flags.retryTimes } }),
});

function settingsOf(flags: StartFlags): BatchSettings {
  return { concurrency: flags.concurrency, options: optionsOf(flags), budget: budgetOf(flags) };
}

async function afterStart(client: DurableResponses, started: Started, flags: StartFlags): Promise<number> {
  if (flags.wait) {
    if (!flags.json) say(`${started.joined ? 'Joined' : 'Started'} ${started.id}`);
    return finish(client, started.id, flags);
  }
  if (flags.json) printJson(started);
  else await showStarted(client, started, 'batch');
  return EXIT.completed;
}

const withBatchOptions = (command: Command): Command =>
  withBudgetOptions(command)
    .option('--id <id>')
    .option('--concurrency <n>', 'tasks at once (default 50)', numberOf)
    .option('--wait')
    .option('--json');

export function addStart(batch: Command, run: Run): void {
  const start = batch
    .command('start <file>')
    .description('start every line of a JSONL file, or every row of a CSV file')
    .option('--input-format <name>', 'jsonl or csv (default: by the extension)', inputFormatOf)
    .option('--model <name>', 'for lines that name none')
    .option('--allow-bad-lines', 'reject bad lines one by one instead of the file')
    .option('--retry-times <n>', 'create again what fails with server_error or rate_limit_exceeded', numberOf);
  withRunOptions(withBatchOptions(start)).action((file: string, flags: StartFlags) => {
    // Read before anything is connected to: bad lines are the first thing to know.
    const rules: DoorRules = { privateHosts: loadConfig().network.privateHosts };
    const items = itemsOf(file, flags, rules);
    const plan = { items, ...settingsOf(flags) };
    assertId(flags.id);
    assertBatch(plan, rules);
    return run(async (client) => afterStart(client, await client.startBatch(plan, { id: flags.id }), flags));
  });
}

export function addRetry(batch: Command, run: Run): void {
  const retry = batch
    .command('retry <id>')
    .description('try the failed items of an ended batch again, in a new batch')
    .option('--status <list>', 'which (default failed,timed_out,expired,cancelled,rejected)');
  withBatchOptions(retry).action((id: string, flags: StartFlags & { status?: string }) => {
    assertId(id);
    assertId(flags.id);
    const statuses = flags.status?.split(',').map((status) => status.trim());
    if (statuses) checkOutcomes(statuses);
    const { concurrency, budget } = settingsOf(flags);
    return run(async (client) => {
      const started = await client.retryBatch(id, { id: flags.id, statuses, concurrency, budget });
      return afterStart(client, started, flags);
    });
  });
}
