/** Where the records of a batch go: files, or standard output. */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { DurableResponses } from '../client';
import type { BatchResult } from '../contracts';
import { UsageError } from '../errors';
import { counted, formatOf, FORMATS, linesOf, type Format, type Written } from '../results/formats';
import { batchPage } from '../results/page';
import { pour, writeWhole } from '../results/write';
import { say } from './output';
import { stoppable } from './stoppable';

export interface OutputFlags {
  json?: boolean;
  /** A file for the records. */
  out?: string;
  /** Without `out`: to standard output. */
  format?: Format;
  /** A file for the page. */
  html?: string;
}

/** For the option parser of commander. */
export function formatNamed(text: string): Format {
  const format = FORMATS.find((name) => name === text);
  if (!format) throw new InvalidArgumentError(`Expected ${FORMATS.join(', ')}.`);
  return format;
}

/** Whether anything but the table or the JSON of the result is wanted. */
export const isElsewhere = ({ out, format, html }: OutputFlags): boolean => Boolean(out ?? format ?? html);

function assertWritable(option: string, file: string): void {
  const path = resolve(file);
  if (!existsSync(dirname(path))) throw new UsageError([`${option} ${file}: its folder does not exist; make it first`]);
  // A rename would put the file in the place of a device or a folder.
  if (existsSync(path) && !statSync(path).isFile())
    throw new UsageError([`${option} ${file}: is no file; name one, or use --format for standard output`]);
}

/** Known now, and not after hours of waiting. @throws UsageError for what cannot be written. */
export function assertOutputs({ json, out, format, html }: OutputFlags): void {
  if (out) assertWritable('--out', out);
  if (html) assertWritable('--html', html);
  if (out && html && resolve(out) === resolve(html)) throw new UsageError(['--html: names the file of --out']);
  if (json && format && !out)
    throw new UsageError(['--json: both this and --format write to standard output; leave one out, or add --out']);
}

async function writePage(client: DurableResponses, result: BatchResult, file: string): Promise<number> {
  const written: Written = { records: 0, omitted: 0 };
  const facts = { result, madeAt: new Date() };
  const reader = await client.batchReader(result.batchId);
  await stoppable(file, () => writeWhole(file, batchPage(facts, counted(reader.records(), written))));
  return written.omitted;
}

async function writeRecords(client: DurableResponses, { batchId }: BatchResult, flags: OutputFlags): Promise<Written> {
  const { out, format = formatOf(out ?? '') } = flags;
  const written: Written = { records: 0, omitted: 0 };
  const chunks = linesOf(format, await client.batchReader(batchId), batchId, written);
  await (out ? stoppable(out, () => writeWhole(out, chunks)) : pour(chunks, process.stdout));
  return written;
}

/** Writes what is wanted; gives how many answers could not be had. */
export async function writeOutputs(client: DurableResponses, result: BatchResult, flags: OutputFlags): Promise<number> {
  const { json, out, format, html } = flags;
  const counts = JSON.stringify(result.counts);
  let omitted = 0;
  if (out ?? format) {
    const written = await writeRecords(client, result, flags);
    omitted = written.omitted;
    if (!json) say(`${written.records} records${out ? ` in ${out}` : ''}: ${counts}`);
  }
  if (html) {
    omitted = Math.max(omitted, await writePage(client, result, html));
    if (!json) say(`The page of ${result.total} records is ${html}: ${counts}`);
  }
  return omitted;
}
