/** How the events of a watched task are shown: on a terminal, in a log, or to a program. */
import type { TailEvent } from '../contracts';
import { hasScreen, Screen } from './screen';
import { LiveLine, print, say, visible, wholeCharacters } from './output';

export interface Viewer {
  show(event: TailEvent): void;
  /** Leaves the terminal as it should be. */
  close(): void;
}

const VOID = 'The text so far is void: it begins again.';
/** Quick enough to show that something comes, and not as quick as it comes. */
const REFRESH_MS = 250;

type StatusEvent = Extract<TailEvent, { kind: 'status' }>;

const statusText = ({ status, phase }: StatusEvent): string => `${status} (${phase ?? 'no worker answers'})`;

/** Text above, one line below it that tells how it goes. */
class TerminalViewer implements Viewer {
  private readonly screen = new Screen(process.stdout);
  private readonly whole = wholeCharacters();
  private readonly startMs = Date.now();
  private readonly timer = setInterval(() => this.refresh(), REFRESH_MS);
  private status = 'connecting';
  private characters = 0;
  private last: TailEvent['kind'] = 'status';

  constructor(private readonly id: string) {
    this.refresh();
  }

  show(event: TailEvent): void {
    const { kind } = event;
    // Thoughts and answer are apart.
    if ((kind === 'text' || kind === 'reasoning') && this.last !== kind) this.screen.freshLine();
    if (kind === 'status') this.showStatus(statusText(event));
    else this.last = kind;
    if (kind === 'text') {
      this.characters += event.delta.length;
      this.screen.write(this.whole(event.delta));
    } else if (kind === 'reasoning') this.screen.writeDim(event.delta);
    else if (kind === 'tool') this.screen.line(`${event.tool}: ${event.step}`);
    else if (kind === 'restart') {
      this.characters = 0;
      this.screen.line(VOID);
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.screen.close();
  }

  private showStatus(text: string): void {
    this.status = text;
    this.refresh();
  }

  private refresh(): void {
    const seconds = Math.round((Date.now() - this.startMs) / 1000);
    const parts = [this.id, this.status, `${this.characters} characters`, `${seconds} s`];
    this.screen.footer(`${parts.join(' · ')} · Ctrl-C: leave`);
  }
}

/** The text to stdout as it comes, so that it can be piped; the rest to stderr, line by line. */
class PlainViewer implements Viewer {
  private readonly line = new LiveLine();
  private readonly whole = wholeCharacters();
  private thought = '';
  private hasText = false;
  private midLine = false;

  constructor(private readonly id: string) {}

  show(event: TailEvent): void {
    switch (event.kind) {
      case 'status':
        return this.showStatus(`${this.id}: ${statusText(event)}`);
      case 'text':
        this.flush();
        this.hasText = true;
        return this.writeText(this.whole(event.delta));
      case 'reasoning':
        this.thought += event.delta;
        return;
      case 'tool':
        return this.tell(`  ${event.tool}: ${event.step}`);
      case 'restart':
        // What reads the text sees at least where it begins again.
        if (this.hasText) print('');
        this.midLine = false;
        return this.tell(VOID);
      case 'end':
        return;
    }
  }

  close(): void {
    this.flush();
    this.line.end();
    if (this.hasText) print('');
  }

  private writeText(text: string): void {
    if (text !== '') this.midLine = !text.endsWith('\n');
    process.stdout.write(process.stdout.isTTY ? visible(text) : text);
  }

  /** On a terminal that shows the text too, a line that is redrawn would wipe it out. */
  private showStatus(text: string): void {
    if (process.stdout.isTTY) this.tell(text);
    else this.line.show(text, text);
  }

  private tell(text: string): void {
    this.flush();
    this.line.end();
    this.sayApart(text);
  }

  /** Where a terminal shows both, a line of its own. */
  private sayApart(text: string): void {
    if (process.stdout.isTTY && this.midLine) print('');
    this.midLine = false;
    say(text);
  }

  /** The thoughts so far, when something else begins. */
  private flush(): void {
    if (this.thought === '') return;
    this.line.end();
    this.sayApart(this.thought);
    this.thought = '';
  }
}

const jsonViewer: Viewer = {
  show: (event) => print(JSON.stringify(event)),
  close: () => undefined,
};

export function viewerOf(id: string, json: boolean | undefined): Viewer {
  if (json) return jsonViewer;
  return hasScreen(process.stdout) && process.stderr.isTTY ? new TerminalViewer(id) : new PlainViewer(id);
}
