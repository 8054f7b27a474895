/** The tables of `npm run bench -- rivals`. Pure. */
import { markdown } from '../page';
import type { FaultFigures } from './faults';
import type { Figures } from './many';
import type { Side } from './side';

/** What was measured of a side, or why it could not be. */
export type Outcome<T> = { side: Side } & ({ figures: T } | { problem: string });

const shown = (value: number, digits = 0): string => (Number.isFinite(value) ? value.toFixed(digits) : '-');

const MANY_HEAD = [
  '',
  'all done (s)',
  'to ours',
  'end to seen, p50 (s)',
  'p99 (s)',
  'events of a run',
  'calls upstream of a run',
  'responses created',
  'answers lost',
];

/** @param base The figures that the others are divided by. */
export function manyTable(outcomes: readonly Outcome<Figures>[], base: Figures | undefined): string {
  const rows = outcomes.map((outcome) => {
    const { side } = outcome;
    if ('problem' in outcome) return [side.label, outcome.problem, ...MANY_HEAD.slice(2).map(() => '-')];
    const { allDoneSeconds, lagP50Seconds, lagP99Seconds, events, calls, creates, lost } = outcome.figures;
    return [
      side.label,
      shown(allDoneSeconds, 1),
      shown(allDoneSeconds / (base?.allDoneSeconds ?? NaN), 2),
      shown(lagP50Seconds, 2),
      shown(lagP99Seconds, 2),
      shown(events),
      shown(calls, 1),
      shown(creates),
      shown(lost),
    ];
  });
  return markdown(MANY_HEAD, rows);
}

const FAULT_HEAD = [
  '',
  'creates of 20 runs killed',
  'of them named in a result',
  'runs answered after it',
  'seconds until then',
  'a cancel: calls upstream',
  'its status here, and later',
  'upstream, and later',
];

const pair = ([soon, late]: [string, string]): string => (soon === late ? soon : `${soon}, then ${late}`);

export function faultTable(outcomes: readonly Outcome<FaultFigures>[]): string {
  const rows = outcomes.map((outcome) => {
    const { side } = outcome;
    if ('problem' in outcome) return [side.label, outcome.problem, ...FAULT_HEAD.slice(2).map(() => '-')];
    const { killed, cancelled } = outcome.figures;
    return [
      side.label,
      shown(killed.creates),
      shown(killed.named),
      shown(killed.answered),
      shown(killed.seconds, 1),
      shown(cancelled.calls),
      pair(cancelled.statuses),
      pair(cancelled.upstream),
    ];
  });
  return markdown(FAULT_HEAD, rows);
}
