/** A terminal with text that scrolls and one line below it that stays. */
import type { WriteStream } from 'node:tty';
import { visible } from './output';

const ESC = '\u001b';
const [SAVE, RESTORE] = [`${ESC}7`, `${ESC}8`];
const [DIM, NOT_DIM] = [`${ESC}[2m`, `${ESC}[22m`];
const CLEAR_LINE = `${ESC}[2K`;

/** Down and up again: when that was the last row, the text has moved up and made room. */
const MAKE_ROOM = `${ESC}D${ESC}[1A`;

/** Fewer rows have no place for a line of their own. */
const MIN_ROWS = 4;

/** Whether a terminal can do what a screen needs. */
export const hasScreen = (out: WriteStream): boolean => out.isTTY && out.hasColors() && out.rows >= MIN_ROWS;

/**
 * The last row is kept out of what scrolls (DECSTBM), so that text of any width needs no counting. `close` gives it back,
 * also when the process ends.
 */
export class Screen {
  private footerText = '';
  private rows: number;
  private columns: number;
  private isOpen = true;
  private midLine = false;

  constructor(private readonly out: WriteStream) {
    this.rows = out.rows;
    this.columns = out.columns;
    this.out.write(this.margins());
    out.on('resize', this.resized);
    process.once('exit', this.close);
  }

  /** Text as it comes; control characters are shown and not sent. */
  write(text: string, before = '', after = ''): void {
    if (text === '') return;
    this.midLine = !text.endsWith('\n');
    this.out.write(`${before}${visible(text)}${after}`);
  }

  /** The same, paler. */
  writeDim(text: string): void {
    this.write(text, DIM, NOT_DIM);
  }

  /** A pale line of its own. */
  line(text: string): void {
    this.writeDim(`${this.midLine ? '\n' : ''}${text.replace(/\s+/g, ' ')}\n`);
  }

  /** A new line, unless the text is at the beginning of one. */
  freshLine(): void {
    if (this.midLine) this.write('\n');
  }

  footer(text: string): void {
    this.footerText = text;
    this.out.write(this.drawnFooter());
  }

  readonly close = (): void => {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.out.removeListener('resize', this.resized);
    process.removeListener('exit', this.close);
    this.freshLine();
    this.out.write(`${SAVE}${ESC}[${this.rows};1H${CLEAR_LINE}${ESC}[r${RESTORE}`);
  };

  private margins(): string {
    return `${MAKE_ROOM}${SAVE}${ESC}[1;${this.rows - 1}r${RESTORE}`;
  }

  private drawnFooter(): string {
    const text = visible(this.footerText)
      .replace(/\s+/g, ' ')
      .slice(0, this.out.columns - 1);
    return `${SAVE}${ESC}[${this.rows};1H${CLEAR_LINE}${DIM}${text}${NOT_DIM}${RESTORE}`;
  }

  /** The old line is wiped out only where it surely still is: other widths break the text anew. */
  private readonly resized = (): void => {
    const isHigher = this.out.rows > this.rows && this.out.columns === this.columns;
    const wiped = isHigher ? `${ESC}[${this.rows};1H${CLEAR_LINE}` : '';
    this.out.write(`${SAVE}${wiped}${ESC}[r${RESTORE}`);
    this.rows = this.out.rows;
    this.columns = this.out.columns;
    this.out.write(this.margins() + this.drawnFooter());
  };
}
