/** `npm run bench -- NAME`: measures, prints, and writes the table into docs/benchmarks.md. */
import { Command } from 'commander';
import { addAllCommand } from './all';
import { addByLengthCommand } from './by-length/command';
import { addPollCommands } from './poll-command';
import { addLimitsCommand } from './limits/command';
import { addProtectionCommand } from './protection/command';
import { addRivalsCommand } from './rivals/command';
import { addScaleCommands } from './scale/commands';
import { addScriptsCommand } from './scripts/command';
import { addSleepCommands } from './sleep/command';
import { addWatchCommands } from './watch/command';
import { addStreamKillsCommand } from './stream-kills/command';

const program = new Command('bench');
addPollCommands(program);
addScaleCommands(program);
addSleepCommands(program);
addLimitsCommand(program);
addWatchCommands(program);
addByLengthCommand(program);
addStreamKillsCommand(program);
addProtectionCommand(program);
addRivalsCommand(program);
addScriptsCommand(program);
addAllCommand(program);
program.parseAsync().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
