/** The receiver of webhooks dies with a message in its hands; upstream sends it again. */
import { compiled, type KilledProgram } from '../../bench/scale/processes';
import { crashSettings } from '../crash/crash';
import type { CrashPoint } from '../crash/points';
import type { Place } from '../place';
import { crashProblems, timesOf } from './crash-run';
import type { KillRun } from './judge';
import { begin, endsOf, type Work } from './work';

/** By itself it would look for the first time after a quarter of an hour. */
export const TOLD: Work = { options: { watch: 'webhook' }, seconds: 2, endsAs: 'completed' };

/** The message comes when the run ends. */
const CRASH_MS = 60_000;

export interface ReceiverRow {
  at: CrashPoint;
  name: string;
}

export const RECEIVER_ROWS: readonly ReceiverRow[] = [
  { at: 'receiver-unasked', name: 'the receiver, before it looks' },
  { at: 'receiver-asked', name: 'the receiver, before it tells the task' },
];

export async function receiverRun(place: Place, { at, name }: ReceiverRow, seed: number): Promise<KillRun> {
  const receiver: KilledProgram = place.receiver;
  const id = `${at}-${seed}`;
  const preload = { NODE_OPTIONS: `--require ${compiled('chaos/crash/receiver-preload.js')}` };
  await receiver.start({ ...preload, ...crashSettings({ at, nth: 1, afterMs: 0 }) });
  await begin(place, id, TOLD, 'told');
  const how = await receiver.ended(CRASH_MS);
  const struckMs = Date.now();
  await receiver.kill();
  await receiver.start();
  const readyMs = Date.now();
  try {
    const ends = await endsOf(place, id, TOLD);
    const times = await timesOf(place, id, TOLD, { struckMs, readyMs });
    const about = { row: name, noticedBy: 'sent again, 5 s', id, expected: TOLD, isAmbiguous: false };
    return { ...about, ends, ...times, problems: crashProblems(how) };
  } finally {
    await receiver.kill();
  }
}
