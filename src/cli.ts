#!/usr/bin/env node
/** The command line, a thin layer over `client.ts`. Exit codes: 0 completed, 1 ended otherwise, 2 usage, 3 cannot reach. */
import { Command, CommanderError } from 'commander';
import { addBatchCommands } from './cli/batch';
import { doctor, ownVersion } from './cli/doctor';
import { EXIT, say, visible } from './cli/output';
import { addReportCommands } from './cli/report';
import { report, run } from './cli/run';
import { addSummary } from './cli/summary';
import { addStorage } from './cli/storage';
import { addSweep } from './cli/sweep';
import { addTaskCommands } from './cli/task';

/** Commander ends the process with 1 for a wrong option; here that is 2. */
function strict(command: Command): void {
  command.exitOverride().showHelpAfterError('(add --help for what is possible)');
  command.configureOutput({ writeErr: (text) => process.stderr.write(visible(text)) });
  for (const child of command.commands) strict(child);
}

async function main(): Promise<void> {
  // A reader that has seen enough (`| head`) is no error. Else nothing that follows could be told.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    say(`error: standard output cannot be written (${error.message})`);
    process.exit(EXIT.otherwise);
  });
  const program = new Command('durable-responses').description('Durable OpenAI background responses on Temporal.');
  program.version(ownVersion());
  addTaskCommands(program, run);
  addBatchCommands(program, run);
  addReportCommands(program, run);
  addSummary(program, run);
  addSweep(program, run);
  addStorage(program, run);
  program
    .command('doctor')
    .description('is everything there, and what to do where it is not')
    .option('--json')
    .action(doctor);
  strict(program);
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) process.exitCode = report(error);
    else process.exitCode = error.exitCode === 0 ? EXIT.completed : EXIT.usage;
  }
}

void main();
