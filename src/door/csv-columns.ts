/** The columns that a CSV of tasks may have, and what each cell of them becomes in a line of the flat form. */
import { nearest, show, type Fields } from './problem';

/** What a cell says: text as it is, or a number, or a list of numbers. What is none stays text, for the check to refuse. */
type Kind = 'text' | 'number' | 'numbers';

interface Column {
  /** The field of the flat form, or the one that it is an entry of. */
  field: string;
  /** The name in `metadata` or `labels`, or in an object of one field. */
  entry?: string;
  kind: Kind;
}

const text = (field: string, entry?: string): Column => ({ field, entry, kind: 'text' });
const number = (field: string, entry?: string): Column => ({ field, entry, kind: 'number' });

const COLUMNS: Record<string, Column> = {
  input: text('input'),
  prompt: text('input'),
  id: text('id'),
  custom_id: text('id'),
  model: text('model'),
  instructions: text('instructions'),
  reasoning_effort: text('reasoning', 'effort'),
  max_output_tokens: number('max_output_tokens'),
  priority: text('priority'),
  tenant: text('tenant'),
  watch: text('watch'),
  poll_intervals_seconds: { field: 'pollIntervalsSeconds', kind: 'numbers' },
  inline_wait_seconds: number('inlineWaitSeconds'),
  max_wait_seconds: number('maxWaitSeconds'),
  max_queued_seconds: number('maxQueuedSeconds'),
  on_timeout: text('onTimeout'),
  on_ambiguous_create: text('onAmbiguousCreate'),
  retry_times: number('retryOn', 'times'),
  max_output_bytes: number('maxOutputBytes'),
};

const KNOWN = [...Object.keys(COLUMNS), 'metadata.NAME', 'label.NAME'];

/** `maxWaitSeconds` is `max_wait_seconds`: options may be written as everywhere else. */
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function columnOf(name: string): Column | undefined {
  const entry = /^(metadata|label)\.(.+)$/s.exec(name);
  if (entry) return text(entry[1] === 'label' ? 'labels' : 'metadata', entry[2]);
  return Object.hasOwn(COLUMNS, snake(name)) ? COLUMNS[snake(name)] : undefined;
}

/** What is wrong with the header of a file, one line each. */
export function headerProblems(names: readonly string[]): string[] {
  const columns = names.map(columnOf);
  const unknown = names.filter((_, i) => !columns[i]);
  const problems = unknown.map((name) => {
    const meant = nearest(name, KNOWN);
    return `column ${show(name)}: unknown; ${meant ? `did you mean ${meant}? ` : ''}Known are ${KNOWN.join(', ')}`;
  });
  if (names.length === 1 && /[;\t]/.test(names[0] ?? '')) return ['header: separate the columns by commas'];
  const targets = columns.map((column) => column && JSON.stringify([column.field, column.entry]));
  for (const [i, target] of targets.entries()) {
    const first = target === undefined ? i : targets.indexOf(target);
    if (first !== i)
      problems.push(`column ${show(names[i] ?? '')}: says the same as ${show(names[first] ?? '')}; keep one`);
  }
  if (!columns.some((column) => column?.field === 'input')) problems.push('header: no column input; name one so');
  return problems;
}

function numberOf(cell: string): number | string {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell) ? Number(cell) : cell;
}

function valueOf(kind: Kind, field: string, cell: string): unknown {
  // Space around a prompt may be meant; around a name or a number it never is.
  if (kind === 'text') return field === 'input' || field === 'instructions' ? cell : cell.trim();
  return kind === 'number'
    ? numberOf(cell.trim())
    : cell
        .split(/[\s,;]+/)
        .filter(Boolean)
        .map(numberOf);
}

/** A row as a line of the flat form. An empty cell gives nothing. */
export function fieldsOf(names: readonly string[], cells: readonly string[]): Fields {
  const plain: [string, unknown][] = [];
  const nested = new Map<string, [string, unknown][]>();
  for (const [i, name] of names.entries()) {
    const column = columnOf(name);
    const cell = cells[i] ?? '';
    if (!column || cell.trim() === '') continue;
    const value = valueOf(column.kind, column.field, cell);
    if (column.entry === undefined) plain.push([column.field, value]);
    else nested.set(column.field, [...(nested.get(column.field) ?? []), [column.entry, value]]);
  }
  // From entries, so that `__proto__` is a name like any other.
  const objects = [...nested].map(([field, entries]) => [field, Object.fromEntries(entries)] as const);
  return Object.fromEntries([...plain, ...objects]);
}
