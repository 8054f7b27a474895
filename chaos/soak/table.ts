/** A soak in figures. */
import { markdown } from '../../bench/page';
import { hasEnded, INVARIANTS, type Broken, type Invariant, type TaskEnd } from '../checks/evidence';
import { checkGaps } from '../checks/gaps';
import { checkMoney } from '../checks/money';
import type { Evidence } from './evidence';
import { ownSchedules } from './expected';
import type { Soaked, Verdict } from './judge';

function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, count]) => `${count} ${name}`).join(', ') || 'none';
}

const endedAs = ({ result, execution }: TaskEnd): string => result?.status ?? execution;

/** Orphans that a result names, and that nobody can cancel: their ids are not known, and they end by themselves. */
function orphansOf({ results, ledger, statuses }: Evidence) {
  const money = checkMoney(results, ledger);
  const isNamed = (id: string) => !money.own.has(id) && !money.silent.some((text) => text.startsWith(`${id}:`));
  const isOpen = (id: string) => !hasEnded(statuses[id]);
  return { money, running: ledger.creates.filter(({ id }) => isNamed(id) && isOpen(id)).length };
}

/** Looks of two attempts of one activity beside each other: I7 does not hold between them. */
function besideOthers({ plan }: Soaked, { found, ledger }: Evidence): number {
  const close = (of: Evidence['found']) => checkGaps(ledger, ownSchedules(plan, of)).length;
  return close(found.map((one) => ({ ...one, overlaps: [] }))) - close(found);
}

function workRows(soaked: Soaked, { evidence }: Verdict): [string, string][] {
  const { plan, driven, settledSeconds } = soaked;
  const { ends, reports, found, replayed } = evidence;
  const { money, running } = orphansOf(evidence);
  const kinds = plan.tasks.map(({ watch }) => `watched by ${watch}`);
  const lines = plan.batches.reduce((sum, { records }) => sum + records.length, 0);
  const acts = Object.entries(driven.acts).map(([name, times]) => `${times} ${name}`);
  const further = `${money.realOrphans} after a lost reply, ${money.reportedRetries} by \`retryOn\``;
  const events = found.reduce((sum, { size }) => sum + size.events, 0);
  return [
    ['tasks', `${plan.tasks.length}: ${counted(kinds)}`],
    ['batches / reports', `${plan.batches.length} with ${lines} lines / ${plan.reports.length}`],
    ['done to them', acts.sort().join(', ') || 'nothing'],
    ['tasks, items and runs of reports ended as', counted(ends.map(endedAs))],
    ['reports ended as', counted(reports.map(endedAs))],
    ['responses created', `${money.creates}; of them ${further}`],
    ['orphans, named, that still run', String(running)],
    ['activities that were given up and begun anew', String(found.reduce((sum, one) => sum + one.overlaps.length, 0))],
    ['looks close to one of the attempt before', String(besideOthers(soaked, evidence))],
    ['histories replayed / events in them', `${replayed.histories} / ${events}`],
    ['from the last fault to the last end (s)', settledSeconds.toFixed(0)],
  ];
}

const EXAMPLE_CHARS = 200;

/** On one line, and no cell of its own. */
const asCell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '/').slice(0, EXAMPLE_CHARS);

/** Each promise: how often it was broken, and the first example. */
export function promiseRows(found: readonly Broken[]): [string, string, string][] {
  return (Object.keys(INVARIANTS) as Invariant[]).map((invariant) => {
    const examples = found.filter((one) => one.invariant === invariant);
    return [`${invariant}: ${INVARIANTS[invariant]}`, String(examples.length), asCell(examples[0]?.what ?? '')];
  });
}

export function tableOf(soaked: Soaked, verdict: Verdict): string {
  const all = { ...soaked.fired, ...soaked.driven.struck };
  const fired = Object.entries(all).sort(([a], [b]) => a.localeCompare(b));
  const total = fired.reduce((sum, [, times]) => sum + times, 0);
  return [
    markdown(['', ''], workRows(soaked, verdict)),
    markdown(['promise', 'broken', 'first example'], promiseRows(verdict.broken)),
    markdown(
      [`faults met: ${total} of ${fired.length} kinds`, 'times'],
      fired.map(([name, times]) => [name, String(times)]),
    ),
  ].join('\n\n');
}
