/** `npm run mutants`: defects are put into the product one at a time; a test must notice each. */
import { Command } from 'commander';
import { machine, markdown, publish } from '../page';
import { ProjectCopy } from './copy';
import type { Mutant } from './mutant';
import { isOf, runMutants, type Fate } from './run';
import { MUTANTS } from './table';

const nameOf = (file: string): string => `\`${file.replace('src/', '')}\``;

const shareOf = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

const survived = (mutants: readonly Mutant[], fates: readonly Fate[]): Mutant[] =>
  mutants.filter((mutant) => fates.find(isOf(mutant))?.killedBy === null);

/** Mutants, killed and surviving ones of each file. */
function table(mutants: readonly Mutant[], fates: readonly Fate[]): string {
  const left = survived(mutants, fates);
  const row = (name: string, all: readonly Mutant[], lefts: readonly Mutant[]) => {
    const suites = new Set(fates.filter((fate) => all.some((one) => isOf(one)(fate))).map(({ suite }) => suite));
    const explained = lefts.filter(({ equivalent }) => equivalent !== undefined).length;
    const killed = all.length - lefts.length;
    return [
      name,
      String(all.length),
      `${killed} (${shareOf(killed, all.length)})`,
      `${lefts.length}, explained ${explained}`,
      [...suites].filter(Boolean).join(', '),
    ];
  };
  const files = [...new Set(mutants.map(({ file }) => file))];
  const rows = files.map((file) => {
    return row(
      nameOf(file),
      mutants.filter((one) => one.file === file),
      left.filter((one) => one.file === file),
    );
  });
  const total = row('all', mutants, left);
  return markdown(['file', 'mutants', 'killed', 'survived', 'by the tests'], [...rows, [...total.slice(0, 4), '']]);
}

function survivors(mutants: readonly Mutant[], fates: readonly Fate[]): string {
  const left = survived(mutants, fates);
  const words = left.map(
    ({ file, defect, equivalent }) => `- ${nameOf(file)}, ${defect}: ${equivalent ?? 'NOT EXPLAINED'}`,
  );
  return left.length === 0 ? 'None survived.' : `Survivors:\n\n${words.join('\n')}`;
}

interface MutantsOptions {
  only?: string[];
  record?: string;
}

async function main({ only, record }: MutantsOptions): Promise<void> {
  const mutants = MUTANTS.filter(({ file }) => only?.some((text) => file.includes(text)) ?? true);
  const copy = ProjectCopy.make(process.cwd());
  try {
    const fates = await runMutants(copy, mutants, record);
    const minutes = fates.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
    const head = `${mutants.length} mutants, ${minutes.toFixed(0)} minutes; ${machine()}.`;
    publish('mutants', [head, table(mutants, fates), survivors(mutants, fates)].join('\n\n'), only === undefined);
    const isExplained = survived(mutants, fates).every(({ equivalent }) => equivalent !== undefined);
    process.exitCode = isExplained ? 0 : 1;
  } finally {
    copy.remove();
  }
}

new Command('mutants')
  .option('--only <texts...>', 'mutants of files whose path has one of these in it')
  .option('--record <file>', 'what is found goes there, line by line; a second run goes on where the first one stopped')
  .action(main)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
