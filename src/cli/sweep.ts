/** `sweep` and `orphans` */
import type { Command } from 'commander';
import { checkBounds, type Bounds } from '../client/closed-tasks';
import type { OrphanReport, SweepReport } from '../client';
import { numberOf } from './options';
import { again } from './again';
import { EXIT, print, printJson, say, table } from './output';
import type { Run } from './run';

interface Flags extends Bounds {
  json?: boolean;
  yes?: boolean;
}

const withBounds = (command: Command): Command =>
  command
    .option('--since-hours <n>', 'how far back', numberOf, 168)
    .option('--limit <n>', 'tasks at most, newest first; up to 1000', numberOf, 200)
    .option('--json');

function sayBounds({ tasks, since, truncated }: { tasks: number; since: string; truncated: boolean }, what: string) {
  say(`${tasks} tasks ${what} since ${since.slice(0, 19)}.`);
  if (truncated) say('There are more: raise --limit, or lower --since-hours.');
}

function showSweep(report: SweepReport): void {
  const { leftovers, ended, cancelled } = report;
  sayBounds(report, 'were terminated, timed out or failed');
  if (ended > 0) say(`${ended} responses of theirs had ended by themselves.`);
  const rows = leftovers.map((one) => [one.taskId, one.execution.toLowerCase(), one.responseId, one.state, one.detail]);
  if (rows.length > 0) print(table([['TASK', 'WORKFLOW', 'RESPONSE', 'STATE', 'DETAIL'], ...rows]));
  else say('Nothing of theirs is left upstream.');
  const waiting = leftovers.filter(({ state }) => state === 'to_cancel').length;
  if (waiting > 0 && !cancelled) say(`Nothing was changed. Cancel ${waiting} with: ${again(['sweep', '--yes'])}`);
}

function showOrphans(report: OrphanReport): void {
  const { orphans, unread } = report;
  sayBounds(report, 'were started');
  const rows = orphans.map(({ taskId, attempt, at, responseId, upstreamStatus, reason }) => {
    return [taskId, attempt, at?.slice(0, 19) ?? null, responseId, upstreamStatus, reason];
  });
  if (rows.length > 0) print(table([['TASK', 'ATTEMPT', 'LOST', 'RESPONSE', 'UPSTREAM', 'WHY'], ...rows]));
  else say('Every create was answered.');
  if (unread.length > 0)
    say(`${unread.length} tasks could not be read: run \`npm start\` where none runs. \`--json\` names them.`);
}

export function addSweep(program: Command, run: Run): void {
  const sweep = program
    .command('sweep')
    .description('what terminated tasks have left running upstream; cancels it with --yes')
    .option('--yes', 'cancel it');
  withBounds(sweep).action(({ yes = false, json, ...bounds }: Flags) => {
    checkBounds(bounds);
    return run(async (client) => {
      const report = await client.sweep({ ...bounds, cancel: yes });
      if (json) printJson(report);
      else showSweep(report);
      const isClean = report.leftovers.every(({ state }) => state === 'cancelled' || state === 'left');
      return isClean ? EXIT.completed : EXIT.otherwise;
    });
  });
  const orphans = program.command('orphans').description('creates that were answered to nobody');
  withBounds(orphans).action(({ json, ...bounds }: Flags) => {
    checkBounds(bounds);
    return run(async (client) => {
      const report = await client.orphans(bounds);
      if (json) printJson(report);
      else showOrphans(report);
      return EXIT.completed;
    });
  });
}
