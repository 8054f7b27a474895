/** `npm run bench -- limits`: what a cancel, a priority, a tenant, a cap and a budget do at their full size. */
import type { Command } from 'commander';
import { cpus } from 'node:os';
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

const MEASUREMENTS: ((place: Place) => Promise<Measured>)[] = [
  cancelAtFullWindow,
  highAmongLow,
  smallBesideLarge,
  capOfThreeWorkers,
  stopAtBudget,
];

async function measure(write: (name: string, text: string) => void): Promise<void> {
  endOnSignals();
  const rows: string[] = [];
  for (const measurement of MEASUREMENTS) {
    const { what, figures, broken } = await withPlace(1, measurement);
    rows.push(`| ${what} | ${figures} |`);
    console.error(`${what}: ${figures}`);
    for (const promise of broken) console.error(`  BROKEN: ${promise}`);
    if (broken.length > 0) process.exitCode = 1;
  }
  const machine = `${cpus().length} cores, Node ${process.versions.node}`;
  const text = `Looks every second; ${machine}.\n\n${['|  |  |', '| --- | --- |', ...rows].join('\n')}`;
  console.log(text);
  write('limits', text);
}

export function addLimitsCommand(program: Command, write: (name: string, text: string) => void): void {
  program
    .command('limits')
    .description('cancel, priorities, tenants, the cap and a budget at full size')
    .action(() => measure(write));
}
