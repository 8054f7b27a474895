/** Whether a message is genuine: the cases of Standard Webhooks, those of the official client, and each byte of one. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadConfig } from '../src/config';
import { WebhookRefused, webhookVerifier } from '../src/upstream';

/** Those of the tests of Standard Webhooks, and of the official client. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const PAYLOAD = '{"test": 2432232314}';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const NOW_SECONDS = 1_700_000_000;

beforeAll(() => void vi.useFakeTimers({ now: NOW_SECONDS * 1000, toFake: ['Date'] }));
afterAll(() => void vi.useRealTimers());

interface Message {
  body: string | Uint8Array;
  id?: string;
  timestamp?: string;
  signature?: string;
}

const mac = (id: string, timestamp: string, body: string | Uint8Array, secret = SECRET): string => {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
};

/** Signed as it should be, but for the time and the secret. */
function signed(offSeconds = 0, secret = SECRET): Required<Message> {
  const timestamp = String(NOW_SECONDS + offSeconds);
  return { body: PAYLOAD, id: ID, timestamp, signature: `v1,${mac(ID, timestamp, PAYLOAD, secret)}` };
}

const without = (name: keyof Message): Message => ({ ...signed(), [name]: undefined });

/** What becomes of it. */
async function verdict({ body, id, timestamp, signature }: Message, secrets = [SECRET]): Promise<string> {
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return webhookVerifier(secrets)(bytes, headers).then(
    () => 'taken',
    (error: unknown) => (error instanceof WebhookRefused ? error.kind : String(error)),
  );
}

describe('the cases of Standard Webhooks', () => {
  const good = signed();
  const others = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=';

  test.each<[string, string, Message, string[]?]>([
    ['missing id', 'malformed', without('id')],
    ['missing timestamp', 'malformed', without('timestamp')],
    ['invalid timestamp', 'malformed', { ...good, timestamp: 'hello' }],
    ['missing signature', 'malformed', without('signature')],
    ['invalid signature', 'unsigned', { ...good, signature: 'v1,dawfeoifkpqwoekfpqoekf' }],
    ['partial signature', 'unsigned', { ...good, signature: good.signature.slice(0, 8) }],
    ['a signature of nothing', 'unsigned', { ...good, signature: 'v1,' }],
    ['valid signature', 'taken', good],
    ['valid unbranded signature', 'taken', { ...good }],
    ['old timestamp', 'unsigned', signed(-301)],
    ['new timestamp', 'unsigned', signed(301)],
    [
      'several signatures',
      'taken',
      { ...good, signature: [others, others.replace('v1', 'v2'), good.signature, others].join(' ') },
    ],
    // Other bytes to the official client; the settings refuse it at the start.
    ['the secret without its prefix', 'unsigned', good, [SECRET.replace('whsec_', '')]],
    ['an empty payload', 'malformed', { ...good, body: '', signature: `v1,${mac(ID, good.timestamp, '')}` }],
  ])('given %s -> then %s', async (_, expected, message, secrets) => {
    expect(await verdict(message, secrets)).toBe(expected);
  });

  test('given the vector of its sign function -> then this test signs the same', () => {
    expect(mac(ID, '1614265330', PAYLOAD)).toBe('g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  test('given no secret, or an empty one -> then nothing is taken, what is signed with nothing neither', async () => {
    expect(loadConfig({ OPENAI_WEBHOOK_SECRET: ' , ' }).webhook.secrets).toEqual([]);
    const nothing = signed(0, '');
    for (const secrets of [[], ['']])
      for (const one of [signed(), nothing]) expect(await verdict(one, secrets)).not.toBe('taken');
  });
});

describe('what the official client takes or bounds', () => {
  test.each([
    [-301, 'unsigned'],
    [-300, 'taken'],
    [-299, 'taken'],
    [0, 'taken'],
    [299, 'taken'],
    [300, 'taken'],
    [301, 'unsigned'],
  ])('given a time %i s off -> then %s', async (offSeconds, expected) => {
    expect(await verdict(signed(offSeconds))).toBe(expected);
  });

  test.each(['x', ' ', '.5', 'e3', ',', '\t'])(
    'given digits and %j behind them, signed so -> then malformed',
    async (more) => {
      const timestamp = `${NOW_SECONDS}${more}`;
      expect(await verdict({ body: PAYLOAD, id: ID, timestamp, signature: `v1,${mac(ID, timestamp, PAYLOAD)}` })).toBe(
        'malformed',
      );
    },
  );

  test.each(['NaN', 'Infinity', '-1700000000', '+1700000000', '0x6553f100', '1.7e9', '', '9'.repeat(13)])(
    'given the time %j, signed so -> then malformed',
    async (timestamp) => {
      expect(await verdict({ body: PAYLOAD, id: ID, timestamp, signature: `v1,${mac(ID, timestamp, PAYLOAD)}` })).toBe(
        'malformed',
      );
    },
  );

  test('given an empty id, signed with or without its dot -> then malformed', async () => {
    const { timestamp } = signed();
    const key = Buffer.from(SECRET.slice(6), 'base64');
    const bare = createHmac('sha256', key).update(`${timestamp}.${PAYLOAD}`).digest('base64');
    for (const signature of [mac('', timestamp, PAYLOAD), bare])
      expect(await verdict({ body: PAYLOAD, id: '', timestamp, signature: `v1,${signature}` })).toBe('malformed');
  });

  test('given a dot moved from the id into the time or the body -> then refused', async () => {
    const { timestamp, signature } = signed();
    expect(
      await verdict({ body: PAYLOAD, id: `${ID}.${timestamp.slice(0, 5)}`, timestamp: timestamp.slice(5), signature }),
    ).not.toBe('taken');
    expect(await verdict({ body: `${timestamp}.${PAYLOAD}`, id: ID, timestamp, signature })).toBe('unsigned');
  });
});

describe('what is forged', () => {
  test('given a good signature in another way of Base64 -> then it is none', async () => {
    const good = signed();
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    // Its last letter has four bits of the signature, and two of nothing.
    const last = letters.indexOf(good.signature.at(-2) ?? '');
    for (let more = 1; more < 4; more++) {
      const signature = `${good.signature.slice(0, -2)}${letters[last + more]}=`;
      expect(Buffer.from(signature.slice(3), 'base64')).toEqual(Buffer.from(good.signature.slice(3), 'base64'));
      expect(await verdict({ ...good, signature })).toBe('unsigned');
    }
  });

  test('given a genuine message with any one bit of it changed -> then none is taken', async () => {
    const good = signed();
    let [tried, taken] = [0, 0];
    for (const part of ['body', 'id', 'timestamp', 'signature'] as const) {
      const bytes = Buffer.from(good[part]);
      for (let i = 0; i < bytes.length * 8; i++) {
        const changed = Buffer.from(bytes);
        changed[i >> 3]! ^= 1 << (i & 7);
        tried++;
        if ((await verdict({ ...good, [part]: part === 'body' ? changed : changed.toString('latin1') })) === 'taken')
          taken++;
      }
    }
    expect({ tried, taken }).toEqual({ tried: 840, taken: 0 });
  });

  test('given secrets that are replaced -> then the old one while it is listed, and never a third', async () => {
    const [old, third] = ['whsec_b2xkIGtleSBvZiB0aGUgZW5kcG9pbnQ=', 'whsec_dGhpcmQga2V5IG9mIG5vYm9keQ=='];
    expect(await verdict(signed(0, old), [SECRET, old])).toBe('taken');
    expect(await verdict(signed(0, SECRET), [SECRET, old])).toBe('taken');
    expect(await verdict(signed(0, old), [SECRET])).toBe('unsigned');
    expect(await verdict(signed(0, third), [SECRET, old])).toBe('unsigned');
  });

  test('given more signatures than anybody has keys -> then those behind the eighth are not looked at', async () => {
    const { signature, ...message } = signed();
    const others = Array.from({ length: 8 }, (_, i) => `v1,${mac(ID, String(i), PAYLOAD)}`);
    expect(await verdict({ ...message, signature: [...others, signature].join(' ') })).toBe('unsigned');
    expect(await verdict({ ...message, signature: [...others.slice(1), signature].join(' ') })).toBe('taken');
  });
});
