/** `storage gc` */
import type { Command } from 'commander';
import type { GarbageReport } from '../client';
import { numberOf } from './options';
import { again } from './again';
import { EXIT, print, printJson, say, table } from './output';
import type { Run } from './run';

interface Flags {
  json?: boolean;
  dryRun?: boolean;
  olderThanDays?: number;
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

function show({ garbage, deleted, kept }: GarbageReport): void {
  const sizeBytes = garbage.reduce((sum, one) => sum + one.sizeBytes, 0);
  const rows = garbage.map((one) => [one.folder, one.blobs, megabytes(one.sizeBytes), one.writtenAt.slice(0, 19)]);
  if (rows.length > 0) print(table([['FOLDER', 'BLOBS', 'SIZE', 'LAST WRITTEN'], ...rows]));
  say(`${deleted ? 'Deleted' : 'To delete'}: ${garbage.length} folders, ${megabytes(sizeBytes)}.`);
  say(`Kept: ${kept.units} folders with ${kept.blobs} blobs, ${megabytes(kept.sizeBytes)}.`);
  if (!deleted && rows.length > 0) say(`Nothing was changed. Delete it with: ${again(['storage', 'gc'])}`);
}

export function addStorage(program: Command, run: Run): void {
  program
    .command('storage')
    .description('the store of batches, reports and what is large')
    .command('gc')
    .description('delete what belongs to no run that the server still knows')
    .option('--dry-run', 'only say what would be deleted')
    .option('--older-than-days <n>', 'keep what is younger (default and least: the retention and a day)', numberOf)
    .option('--json')
    .action(({ json, ...options }: Flags) =>
      run(async (client) => {
        const report = await client.collectGarbage(options);
        if (json) printJson(report);
        else show(report);
        return EXIT.completed;
      }),
    );
}
