/** What people see. Results go to stdout, everything else to stderr, so that output can be piped. */

import { withoutCredentials } from '../security/credential-forms';

/** Exit codes of every command. */
export const EXIT = { completed: 0, otherwise: 1, usage: 2, unreachable: 3 } as const;

/** What looks like a credential is not shown: terminals have logs, and CI keeps what is on stderr. */
export const say = (text: string): void => void process.stderr.write(`${visible(withoutCredentials(text))}\n`);
export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** The text of a model: as it is for a program that reads it, without control characters for a terminal. */
export const printAnswer = (text: string): void => print(process.stdout.isTTY ? visible(text) : text);

/** Columns as wide as their widest cell; the first row is the header. */
export function table(rows: (string | number | null)[][]): string {
  const cells = rows.map((row) => row.map((cell) => visible(String(cell ?? '-').replace(/\s+/g, ' '))));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Control characters other than line ends and tabs, which could do things to a terminal, as what they are. */
export function visible(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Holds half of a character back until its other half comes: pieces of a text may be cut anywhere. */
export function wholeCharacters(): (piece: string) => string {
  let half = '';
  return (piece) => {
    const text = half + piece;
    half = /[\uD800-\uDBFF]$/.test(text) ? text.slice(-1) : '';
    return half === '' ? text : text.slice(0, -1);
  };
}

/** The first words of a text in one line. */
export function excerpt(text: string | null, chars = 60): string {
  const line = visible((text ?? '').replace(/\s+/g, ' ').trim());
  return line.length > chars ? `${line.slice(0, chars - 1)}…` : line;
}

export function bar(part: number, whole: number, width = 24): string {
  const full = whole === 0 ? width : Math.round((part / whole) * width);
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
}

/** One line that is redrawn on a terminal; elsewhere a plain line whenever something happened. */
export class LiveLine {
  private last = '';

  /** @param happened What makes a new plain line: a log of hours must not have a line for each second. */
  show(text: string, happened: string): void {
    const key = process.stderr.isTTY ? text : happened;
    if (key === this.last) return;
    this.last = key;
    if (!process.stderr.isTTY) return say(text);
    process.stderr.write(
      `\r\u001b[2K${visible(text)
        .replace(/\n/g, ' ')
        .slice(0, (process.stderr.columns ?? 80) - 1)}`,
    );
  }

  end(): void {
    if (process.stderr.isTTY && this.last !== '') process.stderr.write('\n');
    this.last = '';
  }
}
