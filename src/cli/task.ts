/** `task ...` */
import type { Command } from 'commander';
import type { DurableResponses, Started, StatusReport } from '../client';
import type { TaskInput, TaskResult } from '../contracts';
import { orphanText } from '../contracts/describe';
import { assertId, attachedTaskOf, taskOf, withRequestOptions, withRunOptions, type TaskFlags } from './options';
import { EXIT, excerpt, print, printAnswer, printJson, say } from './output';
import { again } from './again';
import { batchStatusText } from './batch-status';
import { addList, statusOf } from './list';
import type { Run } from './run';
import { waitFor } from './wait';

type Kind = StatusReport['kind'];

interface Common {
  json?: boolean;
}

/** The task is durable: without a worker it waits for one, which a person should know. */
async function warnWithoutWorker(client: DurableResponses): Promise<void> {
  const workers = await client.workers().catch(() => 1);
  if (workers > 0) return;
  say(`  No worker is on task queue "${client.server.taskQueue}": it begins when one is. Run \`npm start\`.`);
}

export async function showStarted(client: DurableResponses, started: Started, kind: Kind): Promise<void> {
  const page = client.pageOf(started.id);
  print(started.id);
  say(started.joined ? 'This id was started before: nothing new was started.' : 'Started.');
  say(`  wait:   ${again([kind, 'wait', started.id])}\n  cancel: ${again([kind, 'cancel', started.id])}`);
  if (page) say(`  page:   ${page}`);
  await warnWithoutWorker(client);
}

function showResult(result: TaskResult): void {
  const { status, responseId, error, incompleteReason, usage, polls, creates } = result;
  say(`${result.taskId}: ${status} (response ${responseId ?? 'none'}, ${polls} looks, ${creates} creates)`);
  if (error) say(`  error ${error.code}: ${error.message}`);
  if (incompleteReason) say(`  incomplete: ${incompleteReason}`);
  if (usage) say(`  tokens: ${usage.input_tokens} in, ${usage.output_tokens} out`);
  for (const orphan of result.possibleOrphans) say(`  possible orphan: ${orphanText(orphan)}`);
  for (const left of result.notCleaned) say(`  not cleaned: ${left}`);
  if (result.outputText !== null) printAnswer(result.outputText);
}

async function finish(client: DurableResponses, id: string, { json }: Common): Promise<number> {
  const result = await waitFor(client, id, (signal) => client.result(id, { signal }));
  if (json) printJson(result);
  else showResult(result);
  return result.status === 'completed' ? EXIT.completed : EXIT.otherwise;
}

interface StartFlags extends Common {
  id?: string;
  wait?: boolean;
}

/** The task is checked by now: bad input is told without any server. */
function startTask(run: Run, task: TaskInput, flags: StartFlags): Promise<void> {
  assertId(flags.id);
  return run(async (client) => afterStart(client, await client.startTask(task, { id: flags.id }), flags));
}

async function afterStart(client: DurableResponses, started: Started, flags: StartFlags): Promise<number> {
  if (flags.wait) {
    if (!flags.json) say(`${started.joined ? 'Joined' : 'Started'} ${started.id}`);
    return finish(client, started.id, flags);
  }
  if (flags.json) printJson({ ...started, page: client.pageOf(started.id) ?? null });
  else await showStarted(client, started, 'task');
  return EXIT.completed;
}

function addStart(task: Command, run: Run): void {
  const start = task
    .command('start')
    .description('start a response and watch it')
    .option('--id <id>')
    .option('--wait')
    .option('--json');
  withRunOptions(withRequestOptions(start)).action((flags: TaskFlags & StartFlags) =>
    startTask(run, taskOf(flags), flags),
  );
  const attach = task
    .command('attach <response-id>')
    .description('watch a response that exists')
    .option('--id <id>')
    .option('--wait')
    .option('--json');
  withRunOptions(attach).action((responseId: string, flags: Partial<TaskFlags> & StartFlags) =>
    startTask(run, attachedTaskOf(responseId, flags), flags),
  );
}

function addRead(task: Command, run: Run): void {
  task
    .command('status <id>')
    .description('where a task stands')
    .option('--json')
    .action((id: string, flags: Common) => showStatusOf(id, flags, run));
  for (const verb of ['wait', 'result']) {
    const text = verb === 'wait' ? 'wait for the end and show the result' : 'show the result (waits for it)';
    task
      .command(`${verb} <id>`)
      .description(text)
      .option('--json')
      .action((id: string, flags: Common) => {
        assertId(id);
        return run((client) => finish(client, id, flags));
      });
  }
}

/** `status` of a task, a batch or a report. Exits with 3 when it runs and no worker answers. */
export function showStatusOf(id: string, { json }: Common, run: Run): Promise<void> {
  assertId(id);
  return run(async (client) => {
    const report = await client.status(id);
    if (json) printJson(report);
    else showStatus(report);
    return report.view === null && report.execution === 'RUNNING' ? EXIT.unreachable : EXIT.completed;
  });
}

/** A status as text. */
function showStatus({ id, execution, taskStatus, view }: StatusReport): void {
  print(`${id}: ${statusOf(execution, taskStatus)}`);
  if (view === null) {
    say('  No worker answered within 3 s: this is what the server itself knows. Run `npm start` for more.');
    return;
  }
  if ('batchId' in view) return print(batchStatusText(view));
  for (const [name, value] of Object.entries(view)) {
    if (value !== null && name !== 'taskId' && name !== 'reportId')
      print(`  ${name}: ${excerpt(JSON.stringify(value), 200)}`);
  }
}

export function addCancel(parent: Command, run: Run, kind: Kind): void {
  parent
    .command('cancel <id>')
    .description(`cancel a ${kind} upstream; what was finished is kept`)
    .option('--reason <text>', 'shown in the result', 'cancelled from the command line')
    .option('--json')
    .action((id: string, flags: Common & { reason: string }) => {
      assertId(id);
      return run(async (client) => {
        const cancelRequested = await client.cancel(id, flags.reason);
        if (flags.json) printJson({ id, cancelRequested });
        else if (cancelRequested) say(`Cancel of ${id} requested. See its end with: ${again([kind, 'wait', id])}`);
        else say(`${id} had ended already. See how with: ${again([kind, 'wait', id])}`);
        return EXIT.completed;
      });
    });
}

export function addTaskCommands(program: Command, run: Run): void {
  const task = program.command('task').description('one background response');
  addStart(task, run);
  addRead(task, run);
  addList(task, run);
  addCancel(task, run, 'task');
}
