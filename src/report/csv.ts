/** A CSV file of a model as a table. Pure. */
import { CsvError, parse } from 'csv-parse/sync';
import { html, type Html } from '../html';

/** More is for a spreadsheet, not for a page. */
export const MAX_ROWS = 50;
const MAX_COLUMNS = 20;
const MAX_CELL_CHARS = 200;

export interface CsvTable {
  header: string[];
  /** The first ones, each as wide as the header. */
  rows: string[][];
  totalRows: number;
  totalColumns: number;
}

const cut = (text: string): string => (text.length > MAX_CELL_CHARS ? `${text.slice(0, MAX_CELL_CHARS)}…` : text);

/** Rows may be ragged. Null for what cannot be read as a table. */
export function readCsv(content: Uint8Array): CsvTable | null {
  const text = new TextDecoder().decode(content);
  if (text.includes('\0')) return null;
  const kept: string[][] = [];
  let [total, totalColumns] = [0, 0];
  const onRecord = (cells: string[]) => {
    if (total++ <= MAX_ROWS) kept.push(cells.slice(0, MAX_COLUMNS).map((cell) => cut(cell.trim())));
    totalColumns = Math.max(totalColumns, cells.length);
    return null;
  };
  const options = { relax_column_count: true, relax_quotes: true, skip_empty_lines: true };
  try {
    parse(text, { ...options, record_delimiter: ['\r\n', '\n', '\r'], on_record: onRecord });
  } catch (error) {
    if (error instanceof CsvError) return null;
    throw error;
  }
  const width = kept.reduce((most, { length }) => Math.max(most, length), 0);
  const [header, ...rows] = kept.map((cells) => [...cells, ...Array<string>(width - cells.length).fill('')]);
  return header ? { header, rows, totalRows: total - 1, totalColumns } : null;
}

const NUMBER = /^[-+\u2212]?[$€£¥]? ?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?(e[-+]?\d{1,3})?( ?%)?$/i;

/** `-1,234.5`, `$12`, `3 %`; null for what is no number. */
export function numberIn(cell: string): number | null {
  if (!NUMBER.test(cell) || !/\d/.test(cell)) return null;
  const value = Number(cell.replace('\u2212', '-').replace(/[$€£¥,%\s]/g, ''));
  return Number.isFinite(value) ? value : null;
}

/** Whether a column has numbers, and nothing else. */
export function isNumeric({ rows }: CsvTable, column: number): boolean {
  const filled = rows.map((row) => row[column] ?? '').filter((cell) => cell !== '');
  return filled.length > 0 && filled.every((cell) => numberIn(cell) !== null);
}

/** What of the file is not in the table. */
function leftOut({ header, rows, totalRows, totalColumns }: CsvTable): string {
  const said = [
    rows.length < totalRows && `the first ${rows.length} of ${totalRows.toLocaleString('en-US')} rows`,
    header.length < totalColumns && `the first ${header.length} of ${totalColumns.toLocaleString('en-US')} columns`,
  ];
  return said.filter(Boolean).join(', ');
}

/** The table as HTML; `name` says whose it is. */
export function csvTable(table: CsvTable, name: string): Html {
  const kinds = table.header.map((_, column) => isNumeric(table, column) && 'number');
  const note = leftOut(table);
  return html`<div class="scroll tall" tabindex="0" role="region" aria-label="${name}">
      <table>
        <thead>
          <tr>
            ${table.header.map((cell, i) => html`<th class="${kinds[i]}">${cell}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${table.rows.map(
            (row) =>
              html`<tr>
                ${row.map((cell, i) => html`<td class="${kinds[i]}">${cell}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${note && html`<p class="dim">Shown: ${note}.</p>`}`;
}
