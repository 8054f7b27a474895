/** `batch wait`, `batch results`: the records of a batch, shown or written. */
import type { Command } from 'commander';
import type { DurableResponses, LostBatchResult } from '../client';
import { MAX_RECORDS_IN_RESULT } from '../client/batch-session';
import type { BatchRecord, BatchResult } from '../contracts';
import { count } from '../door/bounds';
import { TaskEndedError } from '../errors';
import { FORMATS } from '../results/formats';
import { assertOutputs, formatNamed, isElsewhere, writeOutputs, type OutputFlags } from './batch-output';
import { assertId } from './options';
import { EXIT, excerpt, print, printJson, say, table } from './output';
import type { Run } from './run';
import { waitFor, type Display } from './wait';

/** A table of more is of no use in a terminal. */
const MAX_SHOWN = 100;

const rowOf = (r: BatchRecord) => [
  r.id,
  r.status,
  r.seconds,
  r.polls,
  r.usage?.total_tokens ?? null,
  excerpt(r.result ?? r.error?.message ?? ''),
];

const omittedIn = (records: BatchRecord[]): number => records.filter(({ resultOmitted }) => resultOmitted).length;

/** Of a large batch the first records are read, one by one: answers may be large. Gives how many had no answer. */
async function showRecords(client: DurableResponses, result: BatchResult): Promise<number> {
  const { records, batchId } = result;
  const rows = (records ?? []).slice(0, MAX_SHOWN).map(rowOf);
  let omitted = omittedIn(records ?? []);
  if (!records) {
    for await (const record of (await client.batchReader(batchId)).records()) {
      rows.push(rowOf(record));
      omitted += omittedIn([record]);
      if (rows.length === MAX_SHOWN) break;
    }
  }
  if (rows.length > 0) print(table([['TASK', 'STATUS', 'SECONDS', 'LOOKS', 'TOKENS', 'ANSWER'], ...rows]));
  if (result.total > rows.length)
    say(`${rows.length} of ${result.total} shown; write all of them with: batch results ${batchId} --out FILE`);
  return omitted;
}

/** The whole result as one document: of a large batch without its records. Gives how many had no answer. */
function printRecords(result: BatchResult): number {
  printJson(result);
  const { records, total, batchId } = result;
  if (records) return omittedIn(records);
  const most = count(MAX_RECORDS_IN_RESULT);
  say(
    `JSON has the records of at most ${most} items, and null for these ${total}; ` +
      `write them with: batch results ${batchId} --out FILE`,
  );
  return 0;
}

/** What a person has to know besides the counts. */
function warn({ status, reason, lostPages, notStarted, retries }: BatchResult): void {
  if (reason && status !== 'lost') say(`Stopped: ${reason}`);
  if (notStarted > 0) say(`${notStarted} items were never started; \`batch retry\` starts them.`);
  if (retries > 0) say(`${retries} failed responses were created again (retryOn).`);
  if (lostPages.length > 0)
    say(`Pages ${lostPages.map((page) => page + 1).join(', ')} were lost: their items without a record are unknown.`);
}

/** What a person has to look after when a batch is lost; said also where the result is JSON. */
function warnOfLost({ batchId, reason, counts, openPages }: LostBatchResult): void {
  say(`${batchId} ended without a result: ${reason}. This is what was written down.`);
  if (counts.unknown)
    say(
      `${counts.unknown} items are unknown: their responses may still run upstream and be paid. Each record names its ` +
        'task: see `task status ID`. `sweep` finds what is left running, and cancels it.',
    );
  if (openPages > 0) say(`${openPages} of its pages still run and may write more down: repeat this later.`);
}

/** The result, or what is known of a batch without one. */
export async function resultOf(
  client: DurableResponses,
  id: string,
  records: boolean,
  display?: Display,
): Promise<BatchResult> {
  const how = display ? { display, verb: 'watch' as const } : {};
  try {
    return await waitFor(client, id, (signal) => client.batchResult(id, { signal, records }), how);
  } catch (error) {
    if (!(error instanceof TaskEndedError)) throw error;
    const lost = await client.lostBatchResult(id, { records });
    warnOfLost(lost);
    return lost;
  }
}

export const codeOf = ({ status, counts, total }: BatchResult): number =>
  status !== 'lost' && counts.completed === total ? EXIT.completed : EXIT.otherwise;

/** Waits for the end, then shows or writes the records. */
export async function finish(
  client: DurableResponses,
  id: string,
  flags: OutputFlags,
  display?: Display,
): Promise<number> {
  const { json, out, html } = flags;
  const elsewhere = isElsewhere(flags);
  const result = await resultOf(client, id, !elsewhere, display);
  let omitted: number;
  if (elsewhere) {
    omitted = await writeOutputs(client, result, flags);
    if (json) printJson({ ...result, records: undefined, file: out, page: html });
  } else omitted = json ? printRecords(result) : await showRecords(client, result);
  if (!json) warn(result);
  if (omitted === 0) return codeOf(result);
  say(`${omitted} answers could not be had from the store or from upstream: their records say so.`);
  return EXIT.unreachable;
}

function finishOf(id: string, flags: OutputFlags, run: Run): Promise<void> {
  assertId(id);
  assertOutputs(flags);
  return run((client) => finish(client, id, flags));
}

export function addResults(batch: Command, run: Run): void {
  batch
    .command('wait <id>')
    .description('wait for the end')
    .option('--json')
    .action((id: string, flags: OutputFlags) => finishOf(id, flags, run));
  batch
    .command('results <id>')
    .description('records in input order (waits for the end)')
    .option('--out <file>', 'write the records to this file')
    .option('--format <name>', `${FORMATS.join(', ')} (default: by --out); alone: to standard output`, formatNamed)
    .option('--html <file>', 'write a page with the records, plots and failures to this file')
    .option('--json')
    .action((id: string, flags: OutputFlags) => finishOf(id, flags, run));
}
