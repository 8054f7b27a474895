/** `batch watch`: how far it is, and what runs. A table on a terminal, lines elsewhere. */
import type { Command } from 'commander';
import type { DurableResponses, ListedTask, RunningItems } from '../client';
import type { BatchProgress } from '../contracts';
import { codeOf, finish, resultOf } from './batch-results';
import { statusOf } from './list';
import { assertId } from './options';
import { print, say, table, visible } from './output';
import type { Run } from './run';
import { batchLine, type Display } from './wait';

/** More do not fit, and nobody reads them. */
const MAX_SHOWN = 20;

/** The header, the line of the whole, the line of the rest, and the prompt below. */
const OTHER_ROWS = 4;

const secondsOf = ({ startedAt }: ListedTask): number => Math.round((Date.now() - Date.parse(startedAt)) / 1000);

/** The line of the whole, and a row for each that runs, as wide and as high as the terminal. */
function tableLines(view: BatchProgress, running: RunningItems, { rows, columns }: typeof process.stderr): string[] {
  const shown = running.shown.slice(0, Math.max(0, rows - OTHER_ROWS));
  const more = running.more + running.shown.length - shown.length;
  const cells = shown.map((task) => [task.id, statusOf(task.execution, task.status), secondsOf(task), task.model]);
  const items = shown.length > 0 ? table([['RUNNING', 'STATUS', 'SECONDS', 'MODEL'], ...cells]).split('\n') : [];
  const rest = more > 0 ? [`… and ${more} more`] : [];
  return [batchLine(view), ...items, ...rest].map((line) => visible(line).slice(0, columns - 1));
}

/** Asks what runs before it shows anything; what comes after the end is not shown. */
abstract class RunningDisplay implements Display {
  private ended = false;

  constructor(private readonly client: DurableResponses) {}

  async show(view: Parameters<Display['show']>[0]): Promise<void> {
    if (!('batchId' in view)) return;
    // A server without the search attributes lists none of them.
    const none = { shown: [], more: 0 };
    const running = await this.client.batchRunning(view.batchId, { limit: MAX_SHOWN }).catch(() => none);
    if (!this.ended) this.draw(view, running);
  }

  end(): void {
    this.ended = true;
  }

  protected abstract draw(view: BatchProgress, running: RunningItems): void;
}

class TableDisplay extends RunningDisplay {
  private drawn = 0;

  /** What comes after it has a table of its own. */
  override end(): void {
    super.end();
    process.stderr.write(this.wiped());
    this.drawn = 0;
  }

  protected override draw(view: BatchProgress, running: RunningItems): void {
    const lines = tableLines(view, running, process.stderr);
    process.stderr.write(`${this.wiped()}${lines.join('\n')}\n`);
    this.drawn = lines.length;
  }

  private wiped(): string {
    return this.drawn === 0 ? '' : `\u001b[${this.drawn}A\r\u001b[J`;
  }
}

/** A line when something has ended, and one when something else runs. */
class LinesDisplay extends RunningDisplay {
  private counts = '';
  private items = '';

  protected override draw(view: BatchProgress, running: RunningItems): void {
    const counts = JSON.stringify(view.counts);
    if (counts !== this.counts) say(batchLine(view));
    const { shown, more } = running;
    const items = shown.map(({ id, status }) => `${id} ${status}`).join(', ');
    const told = shown.map((task) => `${task.id} ${task.status} ${secondsOf(task)} s`).join(', ');
    if (items !== this.items && items !== '') say(`  running: ${told}${more > 0 ? ` and ${more} more` : ''}`);
    [this.counts, this.items] = [counts, items];
  }
}

/** A line of JSON when anything has changed. */
class JsonDisplay extends RunningDisplay {
  private last = '';

  protected override draw(view: BatchProgress, { shown: running, more }: RunningItems): void {
    const key = JSON.stringify([view.counts, view.running, running]);
    if (key !== this.last) print(JSON.stringify({ kind: 'progress', progress: view, running, more }));
    this.last = key;
  }
}

async function watch(client: DurableResponses, id: string, json: boolean | undefined): Promise<number> {
  if (!json) {
    const display = process.stderr.isTTY ? new TableDisplay(client) : new LinesDisplay(client);
    return finish(client, id, {}, display);
  }
  const result = await resultOf(client, id, false, new JsonDisplay(client));
  print(JSON.stringify({ kind: 'end', result }));
  return codeOf(result);
}

export function addWatch(batch: Command, run: Run): void {
  batch
    .command('watch <id>')
    .description(`show how far it is and what runs (at most ${MAX_SHOWN}), to the end`)
    .option('--json', 'an event on each line')
    .action((id: string, { json }: { json?: boolean }) => {
      assertId(id);
      return run((client) => watch(client, id, json));
    });
}
