/** `npm run bench -- limits`: what a cancel, a priority, a tenant, a cap and a budget do at their full size. */
import { Option, type Command } from 'commander';
import { sayBroken } from '../broken';
import { isChanged, machine, markdown, publish } from '../page';
import { endOnSignals } from '../scale/processes';
import { withPlace, type Place } from '../scale/place';
import { cancelAtFullWindow } from './cancel';
import { stopAtBudget } from './budget';
import { capOfThreeWorkers, highAmongLow, smallBesideLarge } from './shares';

/** A row of the table, and what must not be. */
export interface Measured {
  what: string;
  figures: string;
  broken: string[];
}

const MEASUREMENTS: Record<string, (place: Place) => Promise<Measured>> = {
  cancel: cancelAtFullWindow,
  priority: highAmongLow,
  tenants: smallBesideLarge,
  cap: capOfThreeWorkers,
  budget: stopAtBudget,
};

async function measure(only: string | undefined, isForPage: boolean): Promise<void> {
  endOnSignals();
  const rows: string[][] = [];
  for (const [name, measurement] of Object.entries(MEASUREMENTS)) {
    if (only !== undefined && only !== name) continue;
    const { what, figures, broken } = await withPlace(1, measurement);
    rows.push([what, figures]);
    console.error(`${what}: ${figures}`);
    sayBroken(broken);
  }
  const text = `Looks every second (the cancel: every minute); ${machine()}.\n\n${markdown(['', ''], rows)}`;
  publish('limits', text, isForPage);
}

export function addLimitsCommand(program: Command): void {
  program
    .command('limits')
    .description('cancel, priorities, tenants, the cap and a budget at full size')
    .addOption(new Option('--only <name>', 'one of them, and nothing is written').choices(Object.keys(MEASUREMENTS)))
    .action(({ only }: { only?: string }, command: Command) => measure(only, !isChanged(command)));
}
