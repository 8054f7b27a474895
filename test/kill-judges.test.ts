/** The judges of `npm run chaos -- kills` and `creates`: what they do not let pass. */
import { describe, expect, test } from 'vitest';
import { brokenCreates, judgeCreates } from '../chaos/creates/judge';
import { judge, type KillRun, type Upstream } from '../chaos/kills/judge';
import { brokenIn } from '../chaos/kills/table';
import type { End } from '../chaos/kills/work';
import type { CallRow, CreateRow } from '../emulator';
import { aCall, aCreate, aLedger, anOrphan } from './helpers/ledgers';

const create = (id: string, attempt: number): CreateRow => aCreate(id, 'task', attempt);

const END: End = {
  taskId: 'task',
  status: 'completed',
  responseId: 'resp_1',
  retries: [],
  possibleOrphans: [],
  notCleaned: [],
  text: 'the answer',
};

interface Facts {
  end?: Partial<End>;
  run?: Partial<KillRun>;
  creates?: CreateRow[];
  calls?: CallRow[];
  statuses?: Record<string, string>;
  text?: string;
}

function upstreamOf({ creates = [create('resp_1', 1)], calls = [], statuses, text = 'the answer' }: Facts): Upstream {
  const ended = Object.fromEntries(creates.map(({ id }) => [id, 'completed']));
  return {
    ledger: aLedger({ creates, calls }),
    statuses: { ...ended, ...statuses },
    textOf: () => Promise.resolve(text),
  };
}

async function brokenBy(facts: Facts): Promise<string[]> {
  const run: KillRun = {
    row: 'row',
    noticedBy: '',
    id: 'task',
    expected: { seconds: 1, endsAs: 'completed' },
    isAmbiguous: true,
    ends: [{ ...END, ...facts.end }],
    recoverySeconds: 1,
    outageSeconds: 2,
    problems: [],
    ...facts.run,
  };
  return brokenIn(await judge(run, upstreamOf(facts)));
}

const TWICE = [create('resp_0', 1), create('resp_1', 2)];

describe('a kill', () => {
  test('given one create and its answer -> then nothing is broken', async () => {
    expect(await brokenBy({})).toEqual([]);
  });

  test('given a second create that the result names -> then nothing is broken', async () => {
    expect(await brokenBy({ creates: TWICE, end: { possibleOrphans: [anOrphan('task', 1)] } })).toEqual([]);
  });

  test.each<[string, Facts, string]>([
    ['a second create that nobody names', { creates: TWICE }, 'is in no record'],
    ['the same attempt twice', { creates: [create('resp_0', 1), create('resp_1', 1)] }, 'was created twice'],
    [
      'a call that the client has sent again',
      { calls: [aCall({ op: 'create', task: 'task', retryCount: 1 })] },
      'sent again by the client itself',
    ],
    [
      'a create named as lost where that cannot be',
      { creates: TWICE, end: { possibleOrphans: [anOrphan('task', 1)] }, run: { isAmbiguous: false } },
      'outside of the one window',
    ],
    ['a response that goes on', { statuses: { resp_1: 'in_progress' } }, 'resp_1 is in_progress upstream'],
    ['another end', { end: { status: 'failed' } }, 'ended as failed, not completed'],
    ['another answer', { text: 'something else' }, 'upstream'],
    ['no result', { run: { ends: [] } }, '0 results of 1'],
    ['a crash that never came', { run: { problems: ['the crash never happened'] } }, 'never happened'],
  ])('given %s -> then it is told', async (_what, facts, words) => {
    expect((await brokenBy(facts)).join()).toContain(words);
  });
});

describe('creates that are cut off', () => {
  const verdictOf = (facts: Facts, killed = 1) =>
    judgeCreates({ ends: [{ ...END, ...facts.end }], killed, kills: 1 }, upstreamOf(facts));

  test('given one that its task went on with -> then it is adopted, and nothing is broken', () => {
    const verdict = verdictOf({});
    expect(verdict).toMatchObject({ lost: 1, adopted: 1, namedById: 0 });
    expect(brokenCreates(verdict, 1)).toEqual([]);
  });

  test('given an orphan with its id -> then it is counted', () => {
    const facts = { creates: TWICE, end: { possibleOrphans: [anOrphan('task', 1, 'resp_0')] } };
    expect(verdictOf(facts)).toMatchObject({ lost: 1, adopted: 0, namedById: 1, namedByAttempt: 0, silent: [] });
  });

  test.each<[string, Facts, number, string]>([
    ['an orphan that nobody names', { creates: TWICE }, 1, 'is in no record'],
    ['one that still runs', { creates: TWICE, statuses: { resp_0: 'in_progress' } }, 1, 'resp_0: in_progress'],
    ['a task that failed', { end: { status: 'failed' } }, 1, 'task: failed'],
    ['fewer kills than wanted', {}, 0, 'only 0 creates'],
    ['no create that was accepted', { creates: [], end: { responseId: null } }, 1, 'nothing was proved'],
  ])('given %s -> then it is told', (_what, facts, killed, words) => {
    expect(brokenCreates(verdictOf(facts, killed), 1).join()).toContain(words);
  });
});
