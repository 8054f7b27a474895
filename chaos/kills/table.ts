/** The table of kills, and what in it is a broken promise. */
import { largest, median } from '../../bench/percentile';
import type { Verdict } from './judge';

export const HEAD = [
  'killed',
  'runs',
  'silent duplicates',
  'named duplicates',
  'leaked',
  'wrong',
  'noticed by',
  'recovery p50 / max (s)',
  'from the kill p50 / max (s)',
];

export function brokenIn({ run, silent, leaked, wrong }: Verdict): string[] {
  return [...run.problems, ...silent, ...leaked, ...wrong].map((text) => `${run.row} (${run.id}): ${text}`);
}

const sum = (verdicts: Verdict[], count: (verdict: Verdict) => number): string =>
  String(verdicts.reduce((total, verdict) => total + count(verdict), 0));

function p50AndMax(values: (number | null)[]): string {
  const seconds = values.filter((value) => value !== null);
  return seconds.length === 0 ? '-' : `${median(seconds).toFixed(1)} / ${largest(seconds).toFixed(1)}`;
}

export function rowOf(name: string, verdicts: Verdict[]): string[] {
  return [
    name,
    String(verdicts.length),
    sum(verdicts, ({ silent }) => silent.length),
    sum(verdicts, ({ named }) => named),
    sum(verdicts, ({ leaked }) => leaked.length),
    sum(verdicts, ({ wrong }) => wrong.length),
    verdicts.map(({ run }) => run.noticedBy).find((text) => text !== '') ?? '',
    p50AndMax(verdicts.map(({ run }) => run.recoverySeconds)),
    p50AndMax(verdicts.map(({ run }) => run.outageSeconds)),
  ];
}
