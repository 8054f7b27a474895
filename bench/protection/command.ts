/** `npm run bench -- protection` */
import type { Command } from 'commander';
import { count } from '../numbers';
import { isChanged, machine, markdown, publish } from '../page';
import { MODES, type Mode } from './modes';
import { measure, type Figures, type Load } from './run';

const ROWS: [keyof Figures, string, number][] = [
  ['tasksPerSecond', 'tasks per second', 1],
  ['historyBytes', 'history of a task (bytes)', 0],
  ['databaseBytes', 'database of the server, each task (bytes)', 0],
  ['storeBytes', 'store, each task (bytes)', 0],
  ['workerMegabytes', 'worker, peak memory (MB)', 0],
];

function tableOf(load: Load, figures: Record<Mode, Figures>): string {
  const rows = ROWS.map(([key, name, digits]) => {
    const cells = MODES.map((mode) => {
      const [value, none] = [figures[mode][key], figures.none[key]];
      const ratio = mode === 'none' || none <= 0 ? '' : ` (${(value / none).toFixed(2)})`;
      return `${value.toFixed(digits)}${ratio}`;
    });
    return [name, ...cells];
  });
  return `${load.tasks} tasks with ${load.name}:\n\n${markdown(['', ...MODES], rows)}`;
}

interface Options {
  small: number;
  large: number;
}

async function protection({ small, large }: Options, command: Command): Promise<void> {
  const loads: Load[] = [
    { name: 'a prompt of 2 kB', tasks: small, promptBytes: 2_000 },
    { name: 'a prompt of 400 kB', tasks: large, promptBytes: 400_000 },
  ];
  const tables: string[] = [];
  for (const load of loads) {
    const figures = {} as Record<Mode, Figures>;
    for (const mode of MODES) {
      figures[mode] = await measure(mode, load);
      process.stderr.write(`${load.name}, ${mode}: ${JSON.stringify(figures[mode])}\n`);
    }
    tables.push(tableOf(load, figures));
  }
  const head = `50 at once, one run each on fresh servers; in brackets the ratio to none; ${machine()}.`;
  publish('protection', [head, ...tables].join('\n\n'), !isChanged(command));
}

export function addProtectionCommand(program: Command): void {
  program
    .command('protection')
    .description('the same tasks without encryption, with it, and with external storage too')
    .option('--small <n>', 'tasks with a small prompt', count, 1000)
    .option('--large <n>', 'tasks with a large prompt', count, 200)
    .action(protection);
}
