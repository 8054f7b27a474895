import { describe, expect, it } from 'vitest';
import { lagsOf } from '../bench/rivals/many';
import type { Side } from '../bench/rivals/side';
import { faultTable, manyTable } from '../bench/rivals/table';
import { tasksOf } from '../bench/scripts/run';
import type { CallRow, CreateRow, Ledger } from '../emulator';

const create = (id: string, endedAt: number): CreateRow => ({ id, at: 0, endedAt, metadata: {}, request: {} });

const get = (id: string, at: number, status = 200): CallRow => {
  return { op: 'retrieve', id, at, status, task: null, faulted: false, retryCount: 0 };
};

const ledger = (creates: CreateRow[], calls: CallRow[]) => ({ creates, calls }) as unknown as Ledger;

const side = (label: string): Side => ({ name: label, label, open: () => Promise.reject(new Error('not here')) });

describe('how late an end was seen', () => {
  it('given looks before and after the end -> then only the first after it counts', () => {
    const calls = [get('a', 9_000), get('a', 10_000), get('a', 11_500), get('a', 13_000), get('b', 12_000)];
    expect(lagsOf(ledger([create('a', 10_500), create('b', 10_000)], calls))).toEqual([1, 2]);
  });

  it('given a look that failed after the end -> then it showed nothing', () => {
    expect(lagsOf(ledger([create('a', 10_000)], [get('a', 11_000, 500), get('a', 13_000)]))).toEqual([3]);
  });

  it('given an end that nobody saw -> then there is no lag', () => {
    expect(lagsOf(ledger([create('a', 10_000)], [get('a', 9_000)]))).toEqual([]);
  });
});

describe('the tables of rivals', () => {
  const none = { side: side('Other'), problem: 'npm install: no such registry' };

  it('given a side that could not be had -> then its row says why', () => {
    expect(manyTable([none], undefined)).toContain('| Other | npm install: no such registry | - |');
    expect(faultTable([none])).toContain('| Other | npm install: no such registry | - |');
  });

  it('given figures -> then the time of each is also told as a ratio to ours', () => {
    const figures = {
      allDoneSeconds: 15,
      lagP50Seconds: 1,
      lagP99Seconds: 2,
      events: NaN,
      calls: 7,
      creates: 5,
      lost: 0,
    };
    const rows = manyTable([{ side: side('Other'), figures }], { ...figures, allDoneSeconds: 20 });
    expect(rows).toContain('| Other | 15.0 | 0.75 | 1.00 | 2.00 | - | 7.0 | 5 | 0 |');
  });
});

describe('the runs of the scripts', () => {
  it('given a shortest and a longest -> then the lengths are spread over all between them, in no order', () => {
    const tasks = tasksOf({ runs: 20, minSeconds: 10, maxSeconds: 60 });
    const lengths = tasks.map(({ request }) => Number(request.metadata.emulator_run_seconds) + 0.5);
    const sorted = [...lengths].sort((a, b) => a - b);
    expect([sorted[0], sorted[19]]).toEqual([10, 60]);
    expect(lengths).not.toEqual(sorted);
  });
});
