/** Looks at what another worker has sent: upstream quotes a secret that this process was never given. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { look, newReport, type VisitDeps } from '../src/activities/visit';
import { recallSecrets } from '../src/secrets/recall';
import type { SecretProvider } from '../src/secrets/values';
import { createUpstream, toAnswer } from '../src/upstream';
import { emulated, type Emulated } from './helpers/emulated';
import { planOf } from './helpers/plans';
import { quotingRequest } from './helpers/quoting';

const NAME = 'VAULT_TOKEN';
let count = 0;
/** No two tests may have the same: a value that is known once is hidden from then on. */
const freshToken = (): string => `canarytoken-${++count}-7f3e`;

/** A response that was created with this token, and has failed with words that quote it. */
async function sentWith({ client, at }: Emulated, token: string): Promise<string> {
  const body = { ...quotingRequest(token), background: true };
  const { id } = await client.responses.create(body);
  at(100);
  return id;
}

function depsOf({ emulator }: Emulated, secrets: SecretProvider): VisitDeps {
  return {
    upstream: createUpstream({ apiKey: 'sk-test-of-recall', baseURL: emulator.url }),
    keepAnswer: (response) => Promise.resolve(toAnswer(response, 1_000_000)),
    secrets,
    signal: new AbortController().signal,
    nowMs: () => Date.now(),
  };
}

/** What a look says of it. */
async function saidOf(id: string, deps: VisitDeps, secretNames = [NAME]): Promise<string> {
  const plan = planOf({ secretNames });
  const report = newReport(id, plan);
  await look(report, plan, { ...deps, signal: new AbortController().signal });
  return report.answer?.error?.message ?? '';
}

describe('a vault', () => {
  test('given one that fails at the first look -> then the next look asks again, and the value is hidden', async () => {
    const all = await emulated();
    const token = freshToken();
    const answers = [() => Promise.reject(new Error('away')), () => undefined, () => token];
    let asked = 0;
    const deps = depsOf(all, () => answers[Math.min(asked++, 2)]?.());
    const id = await sentWith(all, token);
    for (const shown of [token, token, '***', '***']) expect(await saidOf(id, deps)).toBe(`refused ${shown}`);
    expect(asked, 'a look that needs nothing asks for nothing').toBe(3);
  });

  test('given one that takes its time, and many looks at once -> then each waits, and it is asked once', async () => {
    const all = await emulated();
    const token = freshToken();
    let asked = 0;
    let give: (value: string) => void = () => undefined;
    const answer = new Promise<string>((resolve) => (give = resolve));
    const deps = depsOf(all, () => (asked++, answer));
    const ids = await Promise.all(Array.from({ length: 20 }, () => sentWith(all, token)));
    const said = Promise.all([...ids, ...ids].map((id) => saidOf(id, deps)));
    // A look that waits for nothing is done by then.
    await saidOf(await sentWith(all, 'of no interest'), deps, []);
    expect(all.emulator.ledger().calls.filter(({ op }) => op === 'retrieve')).toHaveLength(1);
    give(token);
    expect(new Set(await said)).toEqual(new Set(['refused ***']));
    expect(asked).toBe(1);
  });

  test('given a value that was changed before the next create -> then it is asked for that response anew', async () => {
    const all = await emulated();
    const [before, after] = [freshToken(), freshToken()];
    let value = before;
    let asked = 0;
    const deps = depsOf(all, () => (asked++, value));
    const first = await sentWith(all, before);
    expect(await saidOf(first, deps)).toBe('refused ***');
    value = after;
    const second = await sentWith(all, after);
    for (const id of [second, second, first]) expect(await saidOf(id, deps)).toBe('refused ***');
    expect(asked).toBe(2);
  });
});

describe('the time of a look', () => {
  afterEach(() => void vi.useRealTimers());

  test('given a vault that never answers -> then a look goes on after seven seconds, each time', async () => {
    vi.useFakeTimers();
    let isDone = 0;
    for (const seconds of [7, 14]) {
      void recallSecrets('resp_1', [NAME, 'OTHER'], silent).then(() => (isDone = seconds));
      await vi.advanceTimersByTimeAsync(6_999);
      expect(isDone).toBe(seconds - 7);
      await vi.advanceTimersByTimeAsync(1);
      expect(isDone).toBe(seconds);
    }
  });
});

const silent = (): Promise<string> => new Promise(() => undefined);
