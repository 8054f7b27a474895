/** `batch wait`, `batch results`: the records of a batch, shown or written. */
import type { Command } from 'commander';
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DurableResponses } from '../client';
import type { BatchRecord, BatchResult } from '../contracts';
import { UsageError } from '../errors';
import { jsonLines } from '../results/jsonl';
import { writeWhole } from '../results/write';
import { assertId } from './options';
import { EXIT, excerpt, print, printJson, say, table } from './output';
import type { Run } from './run';
import { waitFor } from './wait';

export interface ResultFlags {
  json?: boolean;
  out?: string;
}

/** A table of more is of no use in a terminal. */
const MAX_SHOWN = 100;

function showRecords(result: BatchResult): void {
  const records = (result.records ?? []).slice(0, MAX_SHOWN);
  const rows = records.map((r) => [
    r.id,
    r.status,
    r.seconds,
    r.polls,
    r.usage?.total_tokens ?? null,
    excerpt(r.result ?? r.error?.message ?? ''),
  ]);
  if (rows.length > 0) print(table([['TASK', 'STATUS', 'SECONDS', 'LOOKS', 'TOKENS', 'ANSWER'], ...rows]));
  if (result.total > rows.length)
    say(`${rows.length} of ${result.total} shown; write all of them with: batch results ${result.batchId} --out FILE`);
}

/** What a person has to know besides the counts. */
function warn({ reason, lostPages, notStarted, retries }: BatchResult): void {
  if (reason) say(`Stopped: ${reason}`);
  if (notStarted > 0) say(`${notStarted} items were never started; \`batch retry\` starts them.`);
  if (retries > 0) say(`${retries} failed responses were created again (retryOn).`);
  if (lostPages.length > 0)
    say(`Pages ${lostPages.map((page) => page + 1).join(', ')} were lost: their items without a record are unknown.`);
}

/** Counts what passes, for those who only pass it on. */
async function* counted(records: AsyncIterable<BatchRecord>, seen: { records: number; omitted: number }) {
  for await (const record of records) {
    seen.records++;
    if (record.resultOmitted) seen.omitted++;
    yield record;
  }
}

async function write(client: DurableResponses, id: string, out: string): Promise<{ records: number; omitted: number }> {
  const seen = { records: 0, omitted: 0 };
  const reader = await client.batchReader(id);
  await writeWhole(out, jsonLines(counted(reader.records(), seen)));
  return seen;
}

const codeOf = ({ counts, total }: BatchResult): number =>
  counts.completed === total ? EXIT.completed : EXIT.otherwise;

/** Waits for the end, then shows or writes the records. */
export async function finish(client: DurableResponses, id: string, { json, out }: ResultFlags): Promise<number> {
  const result = await waitFor(client, id, (signal) => client.batchResult(id, { signal }));
  const written = out ? await write(client, id, out) : null;
  const omitted = written?.omitted ?? (result.records ?? []).filter(({ resultOmitted }) => resultOmitted).length;
  if (json) printJson(out ? { ...result, records: undefined, file: out } : result);
  else if (written) say(`${written.records} records in ${out}: ${JSON.stringify(result.counts)}`);
  else showRecords(result);
  if (!json) warn(result);
  if (omitted === 0) return codeOf(result);
  say(`${omitted} answers could not be had from the store or from upstream: their records say resultOmitted.`);
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

function finishOf(id: string, flags: ResultFlags, run: Run): Promise<void> {
  assertId(id);
  if (flags.out) assertWritable(flags.out);
  return run((client) => finish(client, id, flags));
}

export function addResults(batch: Command, run: Run): void {
  batch
    .command('wait <id>')
    .description('wait for the end')
    .option('--json')
    .action((id: string, flags: ResultFlags) => finishOf(id, flags, run));
  batch
    .command('results <id>')
    .description('records in input order (waits for the end)')
    .option('--out <file>', 'write JSONL to this file')
    .option('--json')
    .action((id: string, flags: ResultFlags) => finishOf(id, flags, run));
}
