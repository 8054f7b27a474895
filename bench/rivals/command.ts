/** `npm run bench -- rivals`: the same runs on what people use instead, one after the other. */
import type { Command } from 'commander';
import { messageOf } from '../../src/errors';
import { count } from '../numbers';
import { isChanged, machine, publish } from '../page';
import { endOnSignals } from '../scale/processes';
import { measureFaults } from './faults';
import { measureMany, type Figures, type Plan } from './many';
import type { Side } from './side';
import { FAULT_SIDES, MANY_SIDES, MORE_SIDES, OURS } from './sides';
import { faultTable, manyTable, type Outcome } from './table';

interface Flags extends Plan {
  only?: readonly string[];
  more: number;
  faults: boolean;
}

const say = (text: string): void => void process.stderr.write(`${new Date().toISOString()} ${text}\n`);

/** What cannot be had is named in the table. */
async function outcomeOf<T>(side: Side, measure: (side: Side) => Promise<T>): Promise<Outcome<T>> {
  const outcome = await measure(side).then(
    (figures) => ({ side, figures }),
    (error: unknown) => ({ side, problem: messageOf(error).trim().split('\n').at(-1) ?? '' }),
  );
  say(`${side.name}: ${JSON.stringify('figures' in outcome ? outcome.figures : outcome.problem)}`);
  return outcome;
}

/** One after the other: each has the machine to itself. */
async function manyOf(sides: readonly Side[], plan: Plan): Promise<string> {
  const outcomes: Outcome<Figures>[] = [];
  for (const side of sides) outcomes.push(await outcomeOf(side, (one) => measureMany(one, plan)));
  const own = outcomes.find(({ side }) => side === OURS);
  const base = own && 'figures' in own ? own.figures : undefined;
  return `${plan.runs} runs of ${plan.seconds} s at once:\n\n${manyTable(outcomes, base)}`;
}

async function measure(flags: Flags, isForPage: boolean): Promise<void> {
  endOnSignals();
  const wanted = (sides: readonly Side[]) => sides.filter(({ name }) => flags.only?.includes(name) ?? true);
  const tables = [`One run of each; ${machine()}.`];
  if (flags.runs > 0) tables.push(await manyOf(wanted(MANY_SIDES), flags));
  if (flags.more > 0) tables.push(await manyOf(wanted(MORE_SIDES), { ...flags, runs: flags.more }));
  if (tables.length > 1) publish('rivals', tables.join('\n\n'), isForPage);
  if (!flags.faults) return;
  // Little work, and long waits: all at once.
  const outcomes = await Promise.all(wanted(FAULT_SIDES).map((side) => outcomeOf(side, measureFaults)));
  publish('rivals-faults', `${machine()}.\n\n${faultTable(outcomes)}`, isForPage);
}

/** With an option, nothing is written. */
export function addRivalsCommand(program: Command): void {
  program
    .command('rivals')
    .description('the same runs with what people use instead; what they need is installed on first use')
    .option('--only <list>', 'names of sides', (text) => text.split(','))
    .option('--runs <n>', 'at once; 0 for none', count, 500)
    .option('--seconds <n>', 'of each', count, 10)
    .option('--more <n>', 'at once, for those that are asked for lost answers; 0 for none', count, 1000)
    .option('--no-faults', 'leave out the kills and cancels')
    .action((flags: Flags, command: Command) => measure(flags, !isChanged(command)));
}
