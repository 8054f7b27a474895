import { RateLimitError } from 'openai';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inFlight, maxInFlight, startEmulator } from '../emulator';
import { temporaryFolder } from './helpers/embedded';
import { emulated, START_MS } from './helpers/emulated';

const TIMES = { emulator_queued_seconds: '1', emulator_run_seconds: '9' };

/** The refusal that the official client throws. */
async function limited(call: Promise<unknown>): Promise<RateLimitError> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (error instanceof RateLimitError) return error;
  throw new Error('The call was not limited.');
}

describe('requests per minute', () => {
  test('given more calls than the limit -> then 429 until one is free again, and nothing is made', async () => {
    const { client, create, emulator, at } = await emulated({ limits: { requestsPerMinute: 6 } });
    for (let i = 0; i < 6; i++) await create();
    const error = await limited(create());
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'requests', param: null });
    expect(error.headers.get('retry-after')).toBe('10');
    expect(error.headers.get('retry-after-ms')).toBe('10000');
    expect(error.headers.get('x-ratelimit-limit-requests')).toBe('6');
    expect(error.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(error.headers.get('x-ratelimit-reset-requests')).toBe('1m0s');
    await limited(client.files.list());
    expect(emulator.ledger().creates).toHaveLength(6);
    expect(emulator.ledger().calls.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 429, 429]);
    at(9.9);
    await limited(create());
    at(10);
    await create();
    await limited(create());
  });

  test('given a client that waits as long as it is told -> then it gets through each time', async () => {
    const { create, at, emulator } = await emulated({ limits: { requestsPerMinute: 7 } });
    let seconds = 0;
    for (let i = 0; i < 40; i++) {
      const error = await create().then(
        () => null,
        (reason: unknown) => reason as RateLimitError,
      );
      if (!error) continue;
      seconds += Number(error.headers.get('retry-after-ms')) / 1000;
      at(seconds);
      await create();
    }
    expect(emulator.ledger().creates).toHaveLength(40);
  });

  test('given an answer -> then it says how many are left; a wrong key takes none', async () => {
    const { client, raw } = await emulated({ limits: { requestsPerMinute: 60 } });
    await raw('GET', '/models', undefined, { authorization: 'Bearer sk-wrong' });
    const { response } = await client.models.list().withResponse();
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('59');
    expect(response.headers.get('x-ratelimit-reset-requests')).toBe('1s');
  });

  test('given a restart -> then what was used stays used', async () => {
    const folder = await temporaryFolder();
    try {
      const options = { stateFile: join(folder.path, 'state.jsonl'), limits: { requestsPerMinute: 2 } };
      const first = await emulated(options);
      await first.create();
      await first.create();
      await limited(first.create());
      await first.emulator.close();
      const second = await emulated(options);
      await limited(second.create());
      second.at(30);
      await second.create();
    } finally {
      await folder.remove();
    }
  });
});

describe('responses in flight', () => {
  const limits = { concurrentResponses: 2 };

  test('given as many as the limit -> then creates are refused until one has ended; looks are not', async () => {
    const { client, create, emulator, at } = await emulated({ limits });
    const id = await create({ metadata: TIMES });
    at(4);
    await create({ metadata: TIMES });
    const error = await limited(create({ metadata: TIMES }));
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'tokens' });
    expect([error.headers.get('retry-after'), error.headers.get('retry-after-ms')]).toEqual(['1', '1000']);
    expect((await client.responses.retrieve(id)).status).toBe('in_progress');
    at(10);
    await create({ metadata: TIMES });
    await limited(create());
    expect(emulator.ledger().creates).toHaveLength(3);
  });

  test('given a cancel -> then its place is free', async () => {
    const { client, create } = await emulated({ limits });
    const stuck = { metadata: { emulator_scenario: 'stuck_in_progress' } };
    const id = await create(stuck);
    await create(stuck);
    await limited(create());
    await client.responses.cancel(id);
    await create(stuck);
    await limited(create());
  });

  test('given a restart -> then those that run still count', async () => {
    const folder = await temporaryFolder();
    try {
      const options = { stateFile: join(folder.path, 'state.jsonl'), limits };
      const first = await emulated(options);
      const id = await first.create({ metadata: TIMES });
      await first.create({ metadata: TIMES });
      await first.create({ metadata: TIMES }).catch(() => undefined);
      await first.client.responses.cancel(id);
      await first.emulator.close();
      const second = await emulated(options);
      await second.create({ metadata: TIMES });
      await limited(second.create());
      second.at(10);
      await second.create();
    } finally {
      await folder.remove();
    }
  });

  test('given many that end at different times -> then the number is right at each', async () => {
    const { create, at } = await emulated({ limits: { concurrentResponses: 20 } });
    for (let i = 0; i < 20; i++) {
      await create({ metadata: { emulator_queued_seconds: '0', emulator_run_seconds: String(1 + ((i * 7) % 20)) } });
    }
    for (let second = 1; second <= 20; second++) {
      await limited(create());
      at(second);
      await create({ metadata: { emulator_scenario: 'stuck_queued' } });
    }
  });
});

test.each([{ requestsPerMinute: 0 }, { concurrentResponses: 1.5 }])(
  'given limits %j -> then they are refused',
  async (limits) => {
    await expect(startEmulator({ limits })).rejects.toThrow(RangeError);
  },
);

describe('in flight, from the ledger', () => {
  test('given ends, a cancel and a run that is stuck -> then the ledger has when each ended', async () => {
    const { client, create, emulator, at } = await emulated();
    await create({ metadata: TIMES });
    const cancelled = await create({ metadata: TIMES });
    await create({ metadata: { emulator_scenario: 'stuck_queued' } });
    at(3);
    await client.responses.cancel(cancelled);
    const { creates } = emulator.ledger();
    expect(creates.map(({ endedAt }) => endedAt)).toEqual([START_MS + 10_000, START_MS + 3_000, null]);
    expect(inFlight(creates)).toEqual([
      { atMs: START_MS, count: 3 },
      { atMs: START_MS + 3_000, count: 2 },
      { atMs: START_MS + 10_000, count: 1 },
    ]);
    const page = async (name: string): Promise<unknown> =>
      (await fetch(emulator.url.replace('/v1', `/emulator/${name}`))).json();
    expect(await page('in-flight')).toEqual({ max: 3, points: inFlight(creates) });
    expect(await page('live')).toEqual({ files: [], containers: [], vectorStores: [] });
  });

  test.each([
    ['none', [], 0],
    [
      'one after the other',
      [
        { at: 0, endedAt: 5 },
        { at: 5, endedAt: 9 },
      ],
      1,
    ],
    [
      'one within the other',
      [
        { at: 0, endedAt: 9 },
        { at: 5, endedAt: 6 },
      ],
      2,
    ],
    ['one that ends at once', [{ at: 3, endedAt: 3 }], 0],
    [
      'out of order, one without end',
      [
        { at: 7, endedAt: 8 },
        { at: 1, endedAt: null },
      ],
      2,
    ],
  ])('given %s -> then the most at once', (_, creates, most) => {
    expect(maxInFlight(creates)).toBe(most);
  });
});
