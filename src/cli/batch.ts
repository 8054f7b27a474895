/** `batch ...` */
import type { Command } from 'commander';
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DurableResponses } from '../client';
import type { BatchItem, BatchResult } from '../contracts';
import { assertBatch, parseBatchLines } from '../door';
import { UsageError } from '../errors';
import { assertId, numberOf, readText, runOptionsOf, withRunOptions, type TaskFlags } from './options';
import { EXIT, excerpt, print, printJson, say, table } from './output';
import type { Run } from './run';
import { addCancel, showStarted, showStatusOf } from './task';
import { waitFor } from './wait';

interface Common {
  json?: boolean;
}

type StartFlags = Common &
  Partial<TaskFlags> & { id?: string; concurrency?: number; wait?: boolean; allowBadLines?: boolean };

const MAX_PROBLEMS_SHOWN = 20;

/** Paths in a batch file count from the working directory; the worker may run in another one. */
function withAbsoluteFiles(item: BatchItem): BatchItem {
  const files = item.task?.options?.files?.map((file) => ({ ...file, path: resolve(file.path) }));
  return item.task && files ? { ...item, task: { ...item.task, options: { ...item.task.options, files } } } : item;
}

/** The items of a file. @throws UsageError naming every bad line, unless they are allowed. */
function itemsOf(file: string, flags: StartFlags) {
  const options = runOptionsOf(flags);
  const { items, problems } = parseBatchLines(readText(file === '-' ? 0 : file, file), { model: flags.model, options });
  if (problems.length > 0 && !flags.allowBadLines) {
    const more = problems.length - MAX_PROBLEMS_SHOWN;
    throw new UsageError([
      ...problems.slice(0, MAX_PROBLEMS_SHOWN).map((problem) => `${file}: ${problem}`),
      ...(more > 0 ? [`... and ${more} more`] : []),
      'Nothing was started. Mend the lines, or start with --allow-bad-lines to have them rejected one by one.',
    ]);
  }
  return { items: items.map(withAbsoluteFiles), options };
}

/** One record a line, in input order; whole or not at all. */
export function writeRecords(path: string, result: BatchResult): void {
  const partial = `${path}.${process.pid}.tmp`;
  writeFileSync(partial, result.records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  renameSync(partial, path);
}

function showRecords(result: BatchResult): void {
  const rows = result.records.map((r) => [
    r.id,
    r.status,
    r.seconds,
    r.polls,
    r.usage?.total_tokens ?? null,
    excerpt(r.result ?? r.error?.message ?? ''),
  ]);
  print(table([['TASK', 'STATUS', 'SECONDS', 'LOOKS', 'TOKENS', 'ANSWER'], ...rows]));
}

const codeOf = (result: BatchResult): number =>
  result.records.every(({ status }) => status === 'completed') ? EXIT.completed : EXIT.otherwise;

async function finish(client: DurableResponses, id: string, { json, out }: Common & { out?: string }): Promise<number> {
  const result = await waitFor(client, id, (signal) => client.batchResult(id, { signal }));
  if (out) writeRecords(out, result);
  if (json) printJson(out ? { batchId: id, status: result.status, counts: result.counts, file: out } : result);
  else if (out) say(`${result.records.length} records in ${out}: ${JSON.stringify(result.counts)}`);
  else showRecords(result);
  const upstream = result.records.filter(({ resultOmitted }) => resultOmitted).length;
  if (upstream === 0) return codeOf(result);
  say(
    `${upstream} large answers could not be fetched from upstream: their records say resultOmitted. Repeat it later.`,
  );
  return EXIT.unreachable;
}

/** Known now, and not after hours of waiting. */
function assertWritable(out: string): void {
  const path = resolve(out);
  if (!existsSync(dirname(path))) throw new UsageError([`--out ${out}: its folder does not exist; make it first`]);
  // A rename would put the file in the place of a device or a folder.
  if (existsSync(path) && !statSync(path).isFile())
    throw new UsageError([`--out ${out}: is no file; name one, or use --json for standard output`]);
}

function finishOf(id: string, flags: Common & { out?: string }, run: Run): Promise<void> {
  assertId(id);
  if (flags.out) assertWritable(flags.out);
  return run((client) => finish(client, id, flags));
}

function addStart(batch: Command, run: Run): void {
  const start = batch
    .command('start <file>')
    .description('start every line of a JSONL file')
    .option('--id <id>')
    .option('--model <name>', 'for lines that name none')
    .option('--concurrency <n>', 'tasks at once (default 50)', numberOf)
    .option('--allow-bad-lines', 'reject bad lines one by one instead of the file')
    .option('--wait')
    .option('--json');
  withRunOptions(start).action((file: string, flags: StartFlags) => {
    // Read before anything is connected to: bad lines are the first thing to know.
    const { items, options } = itemsOf(file, flags);
    assertId(flags.id);
    assertBatch({ items, concurrency: flags.concurrency, options });
    return run(async (client) => {
      const started = await client.startBatch({ items, concurrency: flags.concurrency, options }, { id: flags.id });
      if (flags.wait) {
        if (!flags.json) say(`${started.joined ? 'Joined' : 'Started'} ${started.id}`);
        return finish(client, started.id, flags);
      }
      if (flags.json) printJson({ ...started, items: items.length });
      else await showStarted(client, started, 'batch');
      return EXIT.completed;
    });
  });
}

export function addBatchCommands(program: Command, run: Run): void {
  const batch = program.command('batch').description('many background responses');
  addStart(batch, run);
  batch
    .command('status <id>')
    .description('counts, rate, time left')
    .option('--json')
    .action((id: string, flags: Common) => showStatusOf(id, flags, run));
  batch
    .command('wait <id>')
    .description('wait for the end')
    .option('--json')
    .action((id: string, flags: Common) => finishOf(id, flags, run));
  batch
    .command('results <id>')
    .description('records in input order (waits for the end)')
    .option('--out <file>', 'write JSONL to this file')
    .option('--json')
    .action((id: string, flags: Common & { out?: string }) => finishOf(id, flags, run));
  addCancel(batch, run, 'batch');
}
