/** `npm run bench` says what there is, and `npm run bench -- all` runs it, one after the other. */
import type { Command } from 'commander';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { childEnvironment } from '../src/config';
import { duration } from '../src/html';

/** About, on two cores with nothing else to do. */
const MINUTES: Record<string, number> = {
  poll: 6,
  children: 4,
  batch: 18,
  window: 11,
  limits: 12,
  sleep: 19,
  workers: 4,
  watch: 13,
  streams: 7,
  'by-length': 2,
  'stream-kills': 8,
  protection: 8,
  rivals: 13,
};

const sectionsOf = (program: Command): Command[] => program.commands.filter((command) => command.name() !== 'all');

const minutesOf = (command: Command): string => String(MINUTES[command.name()] ?? '?');

function overview(program: Command): string {
  const sections = sectionsOf(program);
  const width = Math.max(...sections.map((command) => command.name().length));
  const rows = sections.map(
    (command) => `  ${command.name().padEnd(width)}  ${minutesOf(command).padStart(2)} min  ${command.description()}`,
  );
  return [
    'npm run bench -- NAME measures, prints, and writes its table into docs/benchmarks.md; NAME --help for its options.',
    'With an option nothing is written. The machine should have nothing else to do.',
    '',
    ...rows,
    '',
    `  ${'all'.padEnd(width)}  all of them, one after the other`,
  ].join('\n');
}

/** In a process of its own: what one leaves behind must not weigh on the next. */
async function run(name: string): Promise<boolean> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', name], {
    stdio: 'inherit',
    env: childEnvironment(),
  });
  const stop = () => child.kill('SIGTERM');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const [code] = (await once(child, 'exit')) as [number | null];
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  return code === 0;
}

async function runAll(program: Command): Promise<void> {
  const names = sectionsOf(program).map((command) => command.name());
  const minutes = names.reduce((sum, name) => sum + (MINUTES[name] ?? 0), 0);
  console.error(`${names.length} benchmarks, about ${duration(minutes * 60)} in all: ${names.join(', ')}`);
  const failed: string[] = [];
  for (const [i, name] of names.entries()) {
    console.error(`\n== ${name} (${i + 1} of ${names.length}), ${new Date().toISOString()}`);
    if (!(await run(name))) failed.push(name);
  }
  console.error(failed.length === 0 ? '\nAll are done.' : `\nThese failed or broke a promise: ${failed.join(', ')}`);
  if (failed.length > 0) process.exitCode = 1;
}

/** After all others have been added. */
export function addAllCommand(program: Command): void {
  program
    .command('all')
    .description('all benchmarks, one after the other')
    .action(() => runAll(program));
  program.action(() => console.log(overview(program)));
}
