/** All runs of the table, each kind in places of its own. */
import { join } from 'node:path';
import type { Ledger } from '../../emulator';
import { createUpstream } from '../../src/upstream';
import { bundleCrashing } from '../crash/bundle';
import { withPlace, type Place } from '../place';
import { crashRun, type CrashBuild } from './crash-run';
import { smallDisk, type SmallDisk } from './disk';
import { failedRun, judge, verdictOfFailed, type KillRun, type Upstream, type Verdict } from './judge';
import { outageRun, workerOf } from './outage-run';
import type { OutageRow } from './outages';
import { receiverRun, TOLD, type ReceiverRow } from './receiver-run';
import { SHORT_RUNS, SLOW_REPLIES, type CrashRow } from './rows';

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

function say(run: KillRun): KillRun {
  const { id, recoverySeconds, outageSeconds, problems } = run;
  const steps = recoverySeconds === null ? 'it had ended' : `on after ${recoverySeconds} s, ${outageSeconds} in all`;
  console.error(`${id}: ${problems.join('; ') || steps}`);
  return run;
}

async function judged(place: Place, runs: readonly KillRun[]): Promise<Verdict[]> {
  const upstream = await upstreamOf(place);
  return Promise.all(runs.map((run) => judge(run, upstream)));
}

/** A machine that is slow comes to a point later than its run lasts: such a run proves nothing, and a longer one is made. */
const LENGTHENED = 4;

async function untilCrashed(place: Place, build: CrashBuild, row: CrashRow, seed: number): Promise<KillRun> {
  const ofLength = (times: number): Promise<KillRun> => {
    const work = { ...row.work, seconds: row.work.seconds * times };
    return crashRun(place, build, { ...row, work }, { seed, id: `${row.at}-${seed}-${times}` });
  };
  const run = await ofLength(1);
  return run.problems.length === 0 ? run : ofLength(LENGTHENED);
}

const seedsOf = (seeds: number): number[] => Array.from({ length: seeds }, (_, i) => i + 1);

/** The worker dies at named points. */
export function crashRuns(rows: readonly CrashRow[], seeds: number, lanes: number) {
  return withPlace({ serverArgs: SHORT_RUNS }, async (place) => {
    const build: CrashBuild = { bundlePath: join(place.folder, 'crash-bundle.js') };
    await bundleCrashing(build.bundlePath);
    await place.toEmulator('faults', [...SLOW_REPLIES]);
    const jobs = rows.flatMap((row) =>
      seedsOf(seeds).map((seed) => async () => {
        const failed = (error: unknown) => failedRun(row.name, `${row.at}-${seed}`, row.work, error);
        return say(await untilCrashed(place, build, row, seed).catch(failed));
      }),
    );
    return judged(place, await inLanes(lanes, jobs));
  });
}

/** The receiver dies; a worker stands by. */
export function receiverRuns(rows: readonly ReceiverRow[], seeds: number): Promise<Verdict[]> {
  return withPlace({}, async (place) => {
    await workerOf(place, 'told').start();
    const runs: KillRun[] = [];
    for (const row of rows)
      for (const seed of seedsOf(seeds)) {
        const failed = (error: unknown) => failedRun(row.name, `${row.at}-${seed}`, TOLD, error);
        runs.push(say(await receiverRun(place, row, seed).catch(failed)));
      }
    return judged(place, runs);
  });
}

async function outagesOf(row: OutageRow, seeds: number, disk: SmallDisk | null): Promise<Verdict[]> {
  const folderOf = (what: string) => (row.disk?.holds === what ? disk?.path : undefined);
  return withPlace({ storeDir: folderOf('store'), dataDir: folderOf('database') }, async (place) => {
    const worker = workerOf(place, 'work');
    await worker.start();
    const runs: KillRun[] = [];
    for (const seed of seedsOf(seeds)) {
      const ended = await outageRun(row, { place, worker, disk }, seed, 'work');
      runs.push(...ended.map(say));
    }
    return judged(place, runs);
  });
}

/** Something is away for a while. Null where there is no disk to be had. */
export async function outageRuns(row: OutageRow, seeds: number): Promise<Verdict[] | null> {
  const disk = row.disk ? await smallDisk(row.disk.megabytes) : null;
  if (row.disk && !disk) return null;
  try {
    return await outagesOf(row, seeds, disk);
  } catch (error) {
    // What it is about has broken the place itself: that is a finding, and no reason to forget the other rows.
    const work = { seconds: 0, endsAs: 'completed' as const };
    return [verdictOfFailed(say(failedRun(row.name, row.name, work, error)))];
  } finally {
    await disk?.close();
  }
}
