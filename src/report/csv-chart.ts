/** Charts of a table: a bar for each row, where a column names the rows and others have numbers. Pure. */
import { bars, html, type Html } from '../html';
import { isNumeric, numberIn, type CsvTable } from './csv';

const MIN_ROWS = 2;
/** More bars are not read as a picture. */
const MAX_ROWS = 24;
const MAX_CHARTS = 4;
const MAX_LABEL_CHARS = 32;
const COLOURS = ['c0', 'c1', 'c2', 'c3'];

const columnOf = ({ rows }: CsvTable, column: number): string[] => rows.map((row) => row[column] ?? '');

/** Years are names, though they are numbers. */
const areYears = (cells: readonly string[]): boolean => cells.every((cell) => /^(19|20|21)\d\d$/.test(cell));

/** The column that names the rows: the first whose cells differ and that has no numbers. */
function labelColumn(table: CsvTable): number | null {
  const label = table.header.findIndex((_, i) => {
    const cells = columnOf(table, i);
    const differ = new Set(cells).size === cells.length && !cells.includes('');
    return differ && (areYears(cells) || !isNumeric(table, i));
  });
  return label < 0 ? null : label;
}

/** A bar has no place for less than nothing. */
function isDrawn(table: CsvTable, column: number): boolean {
  const cells = columnOf(table, column);
  const values = cells.map((cell) => numberIn(cell) ?? 0);
  const isValue = isNumeric(table, column) && !areYears(cells);
  return isValue && values.every((value) => value >= 0) && values.some((value) => value > 0);
}

const short = (text: string): string =>
  text.length > MAX_LABEL_CHARS ? `${text.slice(0, MAX_LABEL_CHARS - 1)}…` : text;

/** One chart for each column of numbers; null where the table has none to draw. */
export function csvCharts(table: CsvTable): Html | null {
  const { header, rows, totalRows } = table;
  const label = labelColumn(table);
  if (label === null || rows.length < MIN_ROWS || totalRows > MAX_ROWS) return null;
  const columns = header.flatMap((_, i) => (i !== label && isDrawn(table, i) ? i : [])).slice(0, MAX_CHARTS);
  if (columns.length === 0) return null;
  const charts = columns.map((column, nth) => {
    const title = `${header[column] || `column ${column + 1}`} by ${header[label] || 'row'}`;
    const drawn = rows.flatMap((row) => {
      const value = numberIn(row[column] ?? '');
      return value === null ? [] : { name: short(row[label] ?? ''), value, className: COLOURS[nth] ?? 'c0' };
    });
    return html`<figure>
      <figcaption>${title}</figcaption>
      ${bars(drawn, title)}
    </figure>`;
  });
  return html`<div class="plots">${charts}</div>`;
}
