/** `npm run chaos -- kills`: every crash point, with seeds. */
import type { Command } from 'commander';
import { join } from 'node:path';
import { isChanged, machine, markdown, publish } from '../../bench/page';
import { endOnSignals } from '../../bench/scale/processes';
import type { Ledger } from '../../emulator';
import { createUpstream } from '../../src/upstream';
import { bundleCrashing } from '../crash/bundle';
import { withPlace, type Place } from '../place';
import { crashRun, type CrashBuild } from './crash-run';
import { judge, type KillRun, type Upstream, type Verdict } from './judge';
import { CRASH_ROWS, SHORT_RUNS, SLOW_REPLIES, type CrashRow } from './rows';
import { brokenIn, HEAD, rowOf } from './table';

interface Flags {
  seeds: string;
  only?: string;
  lanes: string;
  broken?: string;
}

/** Runs jobs side by side, in order; each as soon as a lane is free. */
export async function inLanes<T>(lanes: number, jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < jobs.length; i = next++) results[i] = await jobs[i]!();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

/** What upstream says after the runs. */
export async function upstreamOf({ fromEmulator, emulatorUrl }: Place): Promise<Upstream> {
  const upstream = createUpstream({ apiKey: 'sk-chaos', baseURL: emulatorUrl });
  const options = { include: [], maxOutputBytes: Infinity };
  return {
    ledger: await fromEmulator<Ledger>('ledger'),
    statuses: await fromEmulator<Record<string, string>>('responses'),
    textOf: async (responseId) => (await upstream.retrieveAnswer(responseId, options)).outputText,
  };
}

/** A run that throws is a broken promise of its row, and no reason to forget the others. */
async function tried(row: CrashRow, seed: number, run: () => Promise<KillRun>): Promise<KillRun> {
  const id = `${row.at}-${seed}`;
  const failed = (error: unknown): KillRun => ({
    row: row.name,
    id,
    expected: row.work,
    ends: [],
    recoverySeconds: null,
    outageSeconds: null,
    problems: [error instanceof Error ? error.message : String(error)],
  });
  const done = await run().catch(failed);
  console.error(
    `${id}: ${done.problems.join('; ') || `next step after ${done.recoverySeconds} s, ${done.outageSeconds} s from the kill`}`,
  );
  return done;
}

export async function crashRuns(rows: readonly CrashRow[], seeds: number, lanes: number, broken?: string) {
  return withPlace({ serverArgs: SHORT_RUNS }, async (place) => {
    const build: CrashBuild = { bundlePath: join(place.folder, 'crash-bundle.js'), broken };
    await bundleCrashing(build.bundlePath);
    await place.toEmulator('faults', [...SLOW_REPLIES]);
    const jobs = rows.flatMap((row) =>
      Array.from({ length: seeds }, (_, i) => () => tried(row, i + 1, () => crashRun(place, build, row, i + 1))),
    );
    const runs = await inLanes(lanes, jobs);
    const upstream = await upstreamOf(place);
    return Promise.all(runs.map((run) => judge(run, upstream)));
  });
}

function tableOf(verdicts: Verdict[]): string {
  const names = [...new Set(verdicts.map(({ run }) => run.row))];
  const rows = names.map((name) =>
    rowOf(
      name,
      verdicts.filter(({ run }) => run.row === name),
    ),
  );
  return markdown(HEAD, rows);
}

async function measure({ seeds, lanes, only, broken }: Flags, isForPage: boolean): Promise<void> {
  endOnSignals();
  const rows = CRASH_ROWS.filter(({ at }) => only === undefined || only.split(',').includes(at));
  const verdicts = await crashRuns(rows, Number(seeds), Number(lanes), broken);
  const broke = verdicts.flatMap(brokenIn);
  for (const promise of broke) console.error(`BROKEN: ${promise}`);
  if (broke.length > 0 || verdicts.length === 0) process.exitCode = 1;
  publish('kills', `${seeds} seeds for each row; ${machine()}.\n\n${tableOf(verdicts)}`, isForPage);
}

export function addKillsCommand(program: Command): void {
  program
    .command('kills')
    .description('kill -9 at every step; with an option, nothing is written')
    .option('--seeds <n>', 'runs of each row', '5')
    .option('--only <points>', 'some rows only, by their points, separated by commas')
    .option('--lanes <n>', 'runs side by side', '6')
    .option('--broken <how>', 'a build that is broken on purpose: sdk-retries')
    .action((flags: Flags, command: Command) => measure(flags, !isChanged(command)));
}
