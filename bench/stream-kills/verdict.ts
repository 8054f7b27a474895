/** What the kills of a worker in the middle of a stream must not show, and what they cost. */

/** One run whose worker was killed. Times by the clock of this machine. */
export interface KilledRun {
  seed: number;
  status: string;
  /** SHA-256 of the text: upstream, in the result of the task, and as a viewer put it together. */
  hashes: { upstream: string; result: string; viewer: string };
  /** Restarts that the viewer was told of. */
  restarts: number;
  creates: number;
  /** The number that the server knew at the kill; null when no heartbeat had reached it. */
  known: number | null;
  /** The number of the last event that the killed worker was sent. */
  sent: number | null;
  /** What the next connection asked for; null when it asked for all, undefined when there was none. */
  startingAfter: number | null | undefined;
  /** Whether the text that the new reader had in mind was that of the events up to its place; null when it told of none. */
  isTailRight: boolean | null;
  killedAtMs: number;
  readyAtMs: number;
  resumedAtMs: number;
}

export function brokenIn(run: KilledRun): string[] {
  const { seed, status, hashes, restarts, creates, known, startingAfter, isTailRight } = run;
  const wrong = [
    ...(status === 'completed' ? [] : [`ended as ${status}`]),
    ...(hashes.result === hashes.upstream ? [] : ['the text of the result is not that of upstream']),
    ...(hashes.viewer === hashes.upstream && restarts === 0 ? [] : ['the text of the viewer is not that of upstream']),
    ...(creates === 1 ? [] : [`${creates} creates`]),
    ...((startingAfter ?? 0) > 0 ? [] : ['the stream was not resumed']),
    ...((startingAfter ?? Infinity) >= (known ?? 0) ? [] : [`resumed after ${startingAfter}, and ${known} was known`]),
    ...(isTailRight === false ? ['the new reader has another text than upstream'] : []),
  ];
  return wrong.map((text) => `seed ${seed}: ${text}`);
}

const sorted = (values: number[]): number[] => [...values].sort((a, b) => a - b);

function p50AndMax(values: number[], digits: number): string {
  const all = sorted(values);
  const [p50 = NaN, max = NaN] = [all[Math.ceil(all.length / 2) - 1], all.at(-1)];
  return `${p50.toFixed(digits)} / ${max.toFixed(digits)}`;
}

const isSame = ({ hashes: { upstream, result, viewer } }: KilledRun) => upstream === result && upstream === viewer;

export function rowsOf(runs: KilledRun[]): [string, string][] {
  const count = (isSo: (run: KilledRun) => boolean) => `${runs.filter(isSo).length} of ${runs.length}`;
  const told = runs.filter(({ isTailRight }) => isTailRight !== null);
  const again = runs.map(({ sent, startingAfter }) => Math.max(0, (sent ?? 0) - (startingAfter ?? 0)));
  const since = (from: 'killedAtMs' | 'readyAtMs') => runs.map((run) => (run.resumedAtMs - run[from]) / 1000);
  return [
    ['text upstream, in the result and as a viewer had it: the same SHA-256', count(isSame)],
    [
      'text up to the place of the new reader, in its heartbeat: as upstream has it',
      `${told.filter(({ isTailRight }) => isTailRight).length} of ${told.length} that told of it`,
    ],
    ['one response created', count(({ creates }) => creates === 1)],
    ['resumed with `starting_after` above 0', count(({ startingAfter }) => (startingAfter ?? 0) > 0)],
    ['events that had been sent before, and came again, p50 / max', p50AndMax(again, 0)],
    ['from the kill to the resumed connection, p50 / max (s)', p50AndMax(since('killedAtMs'), 1)],
    ['from the new worker being ready to it, p50 / max (s)', p50AndMax(since('readyAtMs'), 1)],
  ];
}
