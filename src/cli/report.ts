/** `report ...` */
import type { Command } from 'commander';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DurableResponses, Started } from '../client';
import { REPORT_EFFORTS, type ReportPlan, type ReportResult } from '../contracts';
import { orphanText } from '../contracts/describe';
import { assertReport } from '../door';
import { UsageError } from '../errors';
import { again } from './again';
import { add, assertId, pair, runOptionsOf, withReportOptions, type TaskFlags } from './options';
import { EXIT, print, printJson, say } from './output';
import type { Run } from './run';
import { stoppable } from './stoppable';
import { addCancel, showStarted, showStatusOf } from './task';
import { waitFor } from './wait';

interface Common {
  json?: boolean;
  /** A folder for the report; it waits for its end then. */
  out?: string;
}

interface StartFlags extends Partial<TaskFlags>, Common {
  id?: string;
  title?: string;
  source: string[];
  section: string[];
  wait?: boolean;
}

/** Known now, and not after hours of waiting. @throws UsageError */
function assertFolder(out: string | undefined): void {
  if (out !== undefined && existsSync(out) && !statSync(out).isDirectory())
    throw new UsageError([`--out ${out}: is no folder; name one, it is made where it is missing`]);
}

/** @throws UsageError when it is not valid. */
function planOf(flags: StartFlags): ReportPlan {
  const plan = {
    title: flags.title,
    sources: flags.source.map((path) => ({ path: resolve(path) })),
    ...(flags.model === undefined ? {} : { model: flags.model }),
    ...(flags.section.length > 0 ? { sections: flags.section } : {}),
    ...(flags.instructions === undefined ? {} : { instructions: flags.instructions }),
    ...(flags.reasoningEffort === undefined ? {} : { reasoningEffort: flags.reasoningEffort }),
    ...(Object.keys(flags.metadata ?? {}).length > 0 ? { metadata: flags.metadata } : {}),
    options: runOptionsOf(flags),
  };
  assertReport(plan);
  return plan;
}

function show(result: ReportResult): void {
  const { reportId, status, responseId, artifacts, error, usage } = result;
  say(`${reportId}: ${status} (response ${responseId ?? 'none'}, ${artifacts.length} files)`);
  if (error) say(`  error ${error.code}: ${error.message}`);
  if (usage) say(`  tokens: ${usage.input_tokens} in, ${usage.output_tokens} out`);
  for (const what of result.missing) say(`  missing: ${what}`);
  for (const orphan of result.possibleOrphans) say(`  possible orphan: ${orphanText(orphan)}`);
  for (const left of result.notCleaned) say(`  not deleted upstream: ${left}`);
}

async function finish(client: DurableResponses, id: string, { json, out }: Common): Promise<number> {
  const result = await waitFor(client, id, (signal) => client.reportResult(id, { signal }));
  if (!json) show(result);
  const hasAnswer = result.answerKey !== null;
  const save = (directory: string) => stoppable(directory, () => client.saveReport(id, resolve(directory)));
  const files = out !== undefined && hasAnswer ? await save(out) : [];
  if (json) printJson({ ...result, files });
  else if (out === undefined && hasAnswer) say(`  save it with: ${again(['report', 'save', id, '--out', 'DIR'])}`);
  else if (!hasAnswer) say('  There is no answer, so nothing was written.');
  if (!json) for (const file of files) print(file);
  return result.status === 'completed' && result.missing.length === 0 ? EXIT.completed : EXIT.otherwise;
}

async function afterStart(client: DurableResponses, started: Started, flags: StartFlags): Promise<number> {
  if (flags.wait || flags.out !== undefined) {
    if (!flags.json) say(`${started.joined ? 'Joined' : 'Started'} ${started.id}`);
    return finish(client, started.id, flags);
  }
  if (flags.json) printJson({ ...started, page: client.pageOf(started.id) ?? null });
  else await showStarted(client, started, 'report');
  return EXIT.completed;
}

function addStart(report: Command, run: Run): void {
  const start = report
    .command('start')
    .description('make a report from files')
    .requiredOption('--title <text>')
    .option('--source <file>', 'a file that the report is made from (repeatable)', add(String), [])
    .option('--section <title>', 'instead of the usual six (repeatable)', add(String), [])
    .option('--model <name>', 'default o3')
    .option('--instructions <text>', 'what else the model should know')
    .option('--reasoning-effort <level>', `one of ${REPORT_EFFORTS.join(', ')}; default high`)
    .option('--metadata <k=v>', 'metadata of the response (repeatable)', pair, {})
    .option('--out <dir>', 'wait, then write report.md, report.html and the files there')
    .option('--id <id>')
    .option('--wait')
    .option('--json');
  withReportOptions(start).action((flags: StartFlags) => {
    // Known before anything is connected to.
    const plan = planOf(flags);
    assertId(flags.id);
    assertFolder(flags.out);
    return run(async (client) => afterStart(client, await client.startReport(plan, { id: flags.id }), flags));
  });
}

function addFinish(report: Command, run: Run): void {
  report
    .command('wait <id>')
    .description('wait for the end')
    .option('--json')
    .action((id: string, flags: Common) => {
      assertId(id);
      return run((client) => finish(client, id, flags));
    });
  report
    .command('save <id>')
    .description('write report.md, report.html and the files (waits for the end)')
    .requiredOption('--out <dir>')
    .option('--json')
    .action((id: string, flags: Common) => {
      assertId(id);
      assertFolder(flags.out);
      return run((client) => finish(client, id, flags));
    });
}

export function addReportCommands(program: Command, run: Run): void {
  const report = program.command('report').description('a report from files, with the files of its run');
  addStart(report, run);
  report
    .command('status <id>')
    .description('where a report stands')
    .option('--json')
    .action((id: string, flags: Common) => showStatusOf(id, flags, run));
  addFinish(report, run);
  addCancel(report, run, 'report');
}
