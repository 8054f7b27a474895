/** `npm run chaos -- kills`: every crash point and every outage, with seeds. */
import type { Command } from 'commander';
import { sayBroken } from '../../bench/broken';
import { count } from '../../bench/numbers';
import { isChanged, machine, markdown, publish } from '../../bench/page';
import { endOnSignals } from '../../bench/scale/processes';
import type { Verdict } from './judge';
import { OUTAGE_ROWS } from './outages';
import { RECEIVER_ROWS } from './receiver-run';
import { CRASH_ROWS } from './rows';
import { crashRuns, inLanes, outageRuns, receiverRuns } from './suite';
import { brokenIn, HEAD, rowOf } from './table';

/** Each has servers of its own. */
const OUTAGES_AT_ONCE = 2;

interface Flags {
  seeds: number;
  only?: string;
  lanes: number;
}

interface Table {
  verdicts: Verdict[];
  /** Rows that could not be run here. */
  left: string[];
}

async function runAll({ seeds, lanes, only }: Flags): Promise<Table> {
  const isWanted = ({ name }: { name: string }) => only === undefined || name.includes(only);
  const wanted = OUTAGE_ROWS.filter(isWanted);
  const receivers = RECEIVER_ROWS.filter(isWanted);
  // Beside each other: most of the time all of them wait.
  const [crashes, outages, told] = await Promise.all([
    crashRuns(CRASH_ROWS.filter(isWanted), seeds, lanes),
    inLanes(
      OUTAGES_AT_ONCE,
      wanted.map((row) => () => outageRuns(row, seeds)),
    ),
    receivers.length > 0 ? receiverRuns(receivers, seeds) : [],
  ]);
  const left = wanted.filter((_, i) => outages[i] === null).map(({ name }) => name);
  return { verdicts: [...crashes, ...outages.flatMap((verdicts) => verdicts ?? []), ...told], left };
}

function tableOf({ verdicts, left }: Table): string {
  const names = [...new Set(verdicts.map(({ run }) => run.row))];
  const ofName = (name: string) => verdicts.filter(({ run }) => run.row === name);
  const notRun = left.map((name) => [name, 'not run: no disk may be mounted here', ...HEAD.slice(2).map(() => '')]);
  return markdown(HEAD, [...names.map((name) => rowOf(name, ofName(name))), ...notRun]);
}

async function measure(flags: Flags, isForPage: boolean): Promise<void> {
  endOnSignals();
  const table = await runAll(flags);
  sayBroken(table.verdicts.flatMap(brokenIn));
  for (const name of table.left) console.error(`NOT RUN: ${name}: no disk may be mounted here`);
  if (table.verdicts.length === 0) process.exitCode = 1;
  publish('kills', `${flags.seeds} seeds for each row; ${machine()}.\n\n${tableOf(table)}`, isForPage);
}

export function addKillsCommand(program: Command): void {
  program
    .command('kills')
    .description('kill -9 at every step; with an option, nothing is written')
    .option('--seeds <n>', 'runs of each row', count, 5)
    .option('--only <words>', 'rows that have these words in their name')
    .option('--lanes <n>', 'runs of crash points side by side', count, 6)
    .action((flags: Flags, command: Command) => measure(flags, !isChanged(command)));
}
