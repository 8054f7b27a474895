/** Batch files: which format, and how it is read. */
import { InvalidArgumentError } from 'commander';
import { parseBatchCsv, parseBatchLines, type LineDefaults, type ParsedBatch } from '../door';
import { SPLIT } from '../door/bounds';
import { readText } from './options';

export type InputFormat = 'jsonl' | 'csv';

/** For the option parser of commander. */
export function inputFormatOf(text: string): InputFormat {
  if (text === 'jsonl' || text === 'csv') return text;
  throw new InvalidArgumentError('Expected jsonl or csv.');
}

/** Reads a batch file (`-`: standard input); what does not say its format and is not named `.csv` is JSONL. */
export function readBatchFile(file: string, format: InputFormat | undefined, defaults: LineDefaults): ParsedBatch {
  const text = readText(file === '-' ? 0 : file, file, SPLIT);
  const isCsv = (format ?? (/\.csv$/i.test(file) ? 'csv' : 'jsonl')) === 'csv';
  return isCsv ? parseBatchCsv(text, defaults) : parseBatchLines(text, defaults);
}
