/** `npm run chaos`: what the guarantees are worth. Kills, cuts and faults over real processes, judged by the ledger. */
import { Command } from 'commander';
import { addCreatesCommand } from './creates/command';
import { addKillsCommand } from './kills/command';
import { addSoakCommand } from './soak/command';

const program = new Command('chaos').description('real processes, killed and cut off; judged by the ledger');
addKillsCommand(program);
addCreatesCommand(program);
addSoakCommand(program);
program.parseAsync().then(
  // A connection that a kill has left behind keeps nobody waiting.
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
