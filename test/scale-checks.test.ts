/** The judge of scale runs: what it counts, and what it does not let pass. */
import { describe, expect, test } from 'vitest';
import { checkMoney, leftRunning } from '../chaos/checks/money';
import { endPrograms, KilledProgram } from '../bench/scale/processes';
import { spansHeld, spansUpstream, windowOf } from '../bench/scale/in-flight';
import type { BatchRecord } from '../src/contracts';
import { isAlive } from '../src/embedded/processes';
import { aCall, aCreate as create, aLedger as ledger, anOrphan as orphan } from './helpers/ledgers';

const record = (fields: Partial<BatchRecord>): BatchRecord =>
  ({ responseId: null, retries: [], possibleOrphans: [], ...fields }) as BatchRecord;

describe('money', () => {
  test('given a second create that is reported by its attempt -> an orphan, not silent', () => {
    const records = [record({ responseId: 'b', possibleOrphans: [orphan('t', 1)] })];
    const money = checkMoney(records, ledger({ creates: [create('a', 't', 1), create('b', 't', 2)] }));
    expect(money).toMatchObject({ silent: [], invented: [], realOrphans: 1, reportedOrphans: 1 });
  });

  test('given a reported orphan of another attempt -> it excuses nothing', () => {
    const records = [record({ responseId: 'b', possibleOrphans: [orphan('t', 1)] })];
    const creates = [create('b', 't', 2), create('c', 't', 3)];
    expect(checkMoney(records, ledger({ creates })).silent).toEqual(['c: t attempt 3 is in no record']);
  });

  test('given a record whose response was never created -> invented', () => {
    expect(checkMoney([record({ responseId: 'a' })], ledger({})).invented).toHaveLength(1);
  });

  test('given a silent create that runs -> left running; a named orphan is not', () => {
    const records = [record({ responseId: 'b', possibleOrphans: [orphan('t', 1)] })];
    const creates = [create('a', 't', 1), create('b', 't', 2), create('c', 'u', 1)];
    const money = checkMoney(records, ledger({ creates }));
    const statuses = { a: 'in_progress', b: 'completed', c: 'in_progress' };
    expect(leftRunning(statuses, money)).toEqual(['c: still in_progress upstream']);
  });
});

describe('window', () => {
  const look = (id: string, at: number) => aCall({ id, at });

  test('given an end that is seen 2 s late -> the slot is held until then, upstream is not', () => {
    const all = ledger({ creates: [create('a', 't', 1)], calls: [look('a', 5_000), look('a', 12_000)] });
    const upstream = spansUpstream(all, new Set(['a']));
    expect([...upstream.values()]).toEqual([{ from: 0, to: 10_000 }]);
    expect(spansHeld(all, upstream)).toEqual([{ from: 0, to: 12_000 }]);
  });

  test('given a slot that is handed on in the same millisecond -> never above the window', () => {
    const spans = [
      { from: 0, to: 1_000 },
      { from: 0, to: 2_000 },
      { from: 1_000, to: 3_000 },
    ];
    expect(windowOf(spans, 2)).toEqual({ most: 2, least: 2, fullShare: 1, meanShare: 1 });
  });

  test('given a gap of a quarter of the time -> it is seen', () => {
    const spans = [
      { from: 0, to: 1_500 },
      { from: 0, to: 9_000 },
      { from: 2_000, to: 3_000 },
    ];
    expect(windowOf(spans, 2)).toEqual({ most: 2, least: 1, fullShare: 0.75, meanShare: 0.875 });
  });
});

test('given programs of a run that is given up -> then they are ended, and it starts no more', async () => {
  const emulator = () => new KilledProgram({ file: 'emulator/main.js', args: ['--port', '0'], ready: /http:\S+\/v1/ });
  const [first, second] = [emulator(), emulator()];
  await first.start();
  await endPrograms();
  expect(isAlive(first.pid ?? 0)).toBe(false);
  await expect(second.start()).rejects.toThrow('is not started any more');
});
