/** A soak in figures. */
import { markdown } from '../../bench/page';
import { INVARIANTS, type Broken, type Invariant } from '../checks/evidence';
import type { Soaked, Verdict } from './judge';

function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${count} ${name}`).join(', ') || 'none';
}

function workRows({ plan, driven }: Soaked, verdict: Verdict): [string, string][] {
  const { ends, reports, money, orphansRunning, replayed, events } = verdict;
  const kinds = plan.tasks.map(({ watch }) => `watched by ${watch}`);
  const items = plan.batches.reduce((sum, { records }) => sum + records.length, 0);
  const acts = Object.entries(driven.acts).map(([name, times]) => `${times} ${name}`);
  const further = `${money.realOrphans} after a lost reply, ${money.reportedRetries} by \`retryOn\``;
  return [
    ['tasks', `${plan.tasks.length}: ${counted(kinds)}`],
    ['lines of batches / reports', `${items} of ${plan.batches.length} batches / ${plan.reports.length}`],
    ['done to them', acts.sort().join(', ') || 'nothing'],
    ['tasks and items ended as', counted(ends.map(({ result, execution }) => result?.status ?? execution))],
    ['reports ended as', counted(reports.map(({ result, execution }) => result?.status ?? execution))],
    ['responses created', `${money.creates}; of them ${further}`],
    ['orphans named that still run', String(orphansRunning)],
    ['histories replayed / events in them', `${replayed} / ${events}`],
  ];
}

/** Each promise: how often it was broken, and the first example. */
export function promiseRows(found: readonly Broken[]): [string, string, string][] {
  return (Object.keys(INVARIANTS) as Invariant[]).map((invariant) => {
    const examples = found.filter((one) => one.invariant === invariant);
    return [`${invariant}: ${INVARIANTS[invariant]}`, String(examples.length), examples[0]?.what ?? ''];
  });
}

export function tableOf(soaked: Soaked, verdict: Verdict): string {
  const fired = Object.entries(verdict.fired).sort(([a], [b]) => a.localeCompare(b));
  const total = fired.reduce((sum, [, times]) => sum + times, 0);
  const settled: [string, string] = ['from the last fault to the last end (s)', soaked.settledSeconds.toFixed(0)];
  return [
    markdown(['', ''], [...workRows(soaked, verdict), settled]),
    markdown(['promise', 'broken', 'first example'], promiseRows(verdict.broken)),
    markdown(
      [`faults met: ${total} of ${fired.length} kinds`, 'times'],
      fired.map(([name, times]) => [name, String(times)]),
    ),
  ].join('\n\n');
}
