/** A batch file as CSV (RFC 4180): a header, then each row a task. */
import { CsvError, parse } from 'csv-parse/sync';
import { UsageError } from '../errors';
import { assertCount, assertDefaults, toItems, type ParsedBatch } from './batch';
import { count, MAX_BYTES } from './bounds';
import { fieldsOf, headerProblems } from './csv-columns';
import type { NumberedLine } from './item-ids';
import { flatForm, wrong, type LineDefaults, type ReadLine } from './line';

interface Row {
  cells: string[];
  /** Where it begins in the file, from 1: cells may have line ends in them. */
  line: number;
}

const lineEndsIn = (cells: string[]): number =>
  cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);

const isBlank = (cells: string[]): boolean => cells.every((cell) => cell.trim() === '');

/** The parser's own messages quote the file, which may hold a credential: only the kind is taken from them. */
function quoteProblem(line: number, { code }: CsvError): string {
  const what = code === 'CSV_QUOTE_NOT_CLOSED' ? 'a quote is opened and never closed' : 'a quote is out of place';
  return `line ${line}: ${what}; put the whole cell in quotes, and write each quote within it twice`;
}

/** All rows that are not blank. @throws UsageError when the quoting is broken: nobody knows then where rows end. */
function rowsOf(text: string): Row[] {
  const rows: Row[] = [];
  let line = 1;
  const onRecord = (cells: string[]) => {
    if (!isBlank(cells)) rows.push({ cells, line });
    line += 1 + lineEndsIn(cells);
    return null;
  };
  const options = { bom: true, relax_column_count: true, record_delimiter: ['\r\n', '\n', '\r'] };
  try {
    parse(text, { ...options, on_record: onRecord });
  } catch (error) {
    if (error instanceof CsvError) throw new UsageError([`file: ${quoteProblem(line, error)}`]);
    throw error;
  }
  return rows;
}

function readRow(names: string[], cells: string[], defaults: LineDefaults): ReadLine {
  if (cells.length !== names.length) {
    const found = `${cells.length} ${cells.length === 1 ? 'cell' : 'cells'} for ${names.length} columns`;
    return wrong('line', `${found}; put a cell with a comma in it in quotes`);
  }
  const bytes = cells.reduce((sum, cell) => sum + Buffer.byteLength(cell), 0);
  if (bytes > MAX_BYTES) {
    return wrong('line', `${count(bytes)} bytes are more than ${count(MAX_BYTES)}; shorten it, or upload a file`);
  }
  const read = flatForm(fieldsOf(names, cells), defaults);
  return names.includes('custom_id') ? { ...read, idField: 'custom_id' } : read;
}

/**
 * Reads a CSV of tasks. The header names the columns: `input` (or `prompt`), `id`, or `custom_id` (any text,
 * as in the Batch API), `model`,
 * `instructions`, options like `max_wait_seconds`, `metadata.NAME`, `label.NAME`. An empty cell gives nothing, so the
 * default holds. A bad row is an item with a `problem`, as with `parseBatchLines`.
 *
 * @throws UsageError when the file as a whole cannot be one batch: an unknown column, broken quotes, no row, too many.
 */
export function parseBatchCsv(text: string, defaults: LineDefaults = {}): ParsedBatch {
  assertDefaults(defaults);
  const [header, ...rows] = rowsOf(text);
  const names = (header?.cells ?? []).map((name) => name.trim());
  if (!header || rows.length === 0) {
    throw new UsageError(['file: no task in it; write a header (id,model,input), then one row for each task']);
  }
  const problems = headerProblems(names);
  if (problems.length > 0) throw new UsageError(problems.map((problem) => `file: ${problem}`));
  assertCount(rows.length);
  const lines = rows.map(({ cells, line }): NumberedLine => ({ ...readRow(names, cells, defaults), line }));
  return toItems(lines);
}
