/** Records as CSV (RFC 4180), safe to open in a spreadsheet. */
import { stringify } from 'csv-stringify/sync';
import type { BatchRecord } from '../contracts';

type Cell = string | number | null;

/** The columns, in their order. */
const COLUMNS: Record<string, (record: BatchRecord) => Cell> = {
  index: ({ index }) => index,
  id: ({ id }) => id,
  status: ({ status }) => status,
  response_id: ({ responseId }) => responseId,
  model: ({ model }) => model,
  priority: ({ priority }) => priority,
  result: ({ result }) => result,
  error_code: ({ error }) => error?.code ?? null,
  error_message: ({ error }) => error?.message ?? null,
  input_tokens: ({ usage }) => usage?.input_tokens ?? null,
  cached_tokens: ({ usage }) => usage?.input_tokens_details?.cached_tokens ?? null,
  output_tokens: ({ usage }) => usage?.output_tokens ?? null,
  reasoning_tokens: ({ usage }) => usage?.output_tokens_details?.reasoning_tokens ?? null,
  seconds: ({ seconds }) => seconds,
  started_at: ({ startedAt }) => startedAt,
  ended_at: ({ endedAt }) => endedAt,
  polls: ({ polls }) => polls,
  creates: ({ creates }) => creates,
  retries: ({ retries }) => retries.length,
  possible_orphans: ({ possibleOrphans }) => possibleOrphans.length,
  not_cleaned: ({ notCleaned }) => notCleaned.join('; '),
  result_omitted: ({ resultOmitted }) => String(resultOmitted),
  custom_id: ({ customId }) => customId,
};

/** What a spreadsheet may take for a formula, also behind quotes and space; the wide forms count in some of them. */
const FORMULA = /^["'\s]*[=+\-@\t\r\0\uFF1D\uFF0B\uFF0D\uFF20]/;

/** A text that would be run as a formula gets an apostrophe in front (OWASP ASVS 1.2.10); a number stays one. */
export function safeCell(cell: Cell): Cell {
  return typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : cell;
}

/** One row with its line end. A cell with any line end in it is quoted, whichever that is. */
function row(cells: Cell[]): string {
  return stringify([cells.map(safeCell)], { record_delimiter: 'windows', quoted_match: /[\r\n]/ });
}

/** A header, then one row a record. */
export async function* csvLines(records: AsyncIterable<BatchRecord>): AsyncGenerator<string> {
  yield row(Object.keys(COLUMNS));
  for await (const record of records) yield row(Object.values(COLUMNS).map((cell) => cell(record)));
}
