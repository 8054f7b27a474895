/** `secret://NAME`: where it stands for a value, where the values come from, and that nobody is told them. */
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { secretOf } from '../src/config/environment';
import { secretsInFolder } from '../src/secrets/folder';
import { secretNamesOf, withSecrets } from '../src/secrets/places';
import { referenceIn } from '../src/secrets/reference';
import { MAX_SECRET_BYTES, secretValues } from '../src/secrets/values';
import { endsInHidden, hideValues, hideValuesIn, rememberHidden } from '../src/security/hidden-values';
import { redact } from '../src/security/redact';
import { createUpstream } from '../src/upstream';

describe('a reference', () => {
  test.each([
    ['secret://NAME', '', 'NAME'],
    ['secret://a.b-c_9', '', 'a.b-c_9'],
    ['Bearer secret://NAME', 'Bearer ', 'NAME'],
    ['AWS4-HMAC secret://NAME', 'AWS4-HMAC ', 'NAME'],
    [`secret://${'n'.repeat(128)}`, '', 'n'.repeat(128)],
  ])('given %j -> then prefix %j and name %j', (text, prefix, name) => {
    expect(referenceIn(text)).toEqual({ prefix, name });
  });

  test.each([
    'secret://',
    'secret://A B',
    'secret://NAME\n',
    ' secret://NAME',
    'SECRET://NAME',
    'Bearer  secret://NAME',
    'two words secret://NAME',
    'https://x.example/?key=secret://NAME',
    'secret://.hidden',
    'secret://..',
    'secret://a/b',
    'secret://é',
    `secret://${'n'.repeat(129)}`,
    'see secret://NAME for more',
  ])('given %j -> then none', (text) => {
    expect(referenceIn(text)).toBeUndefined();
  });
});

const R = 'secret://CANARY';
const values = new Map([['CANARY', 'canary-value']]);

describe('where it stands for a value', () => {
  test.each<[string, Record<string, unknown>]>([
    ['authorization of a tool', { tools: [{ type: 'mcp', authorization: R }] }],
    ['server_url of a tool', { tools: [{ type: 'mcp', server_url: R }] }],
    ['a header, whatever its name', { tools: [{ type: 'mcp', headers: { description: R } }] }],
    [
      'a secret for a domain',
      {
        tools: [
          {
            type: 'code_interpreter',
            container: {
              type: 'auto',
              network_policy: { type: 'allowlist', domain_secrets: [{ name: 'A', value: R }] },
            },
          },
        ],
      },
    ],
    ['a tool of a later version', { tools: [{ type: 'later', deep: [{ key: R }] }] }],
    ['a field of a gateway', { api_key: R }],
    ['a field of a gateway, deep', { data_sources: [{ parameters: { authentication: { key: R } } }] }],
  ])('given it as %s -> then it is resolved', (_, request) => {
    expect(secretNamesOf(request)).toEqual(['CANARY']);
    expect(JSON.stringify(withSecrets(request, values))).toBe(JSON.stringify(request).replace(R, 'canary-value'));
  });

  test.each<[string, Record<string, unknown>]>([
    ['the prompt', { input: R }],
    ['a message', { input: [{ role: 'user', content: [{ type: 'input_text', text: R }] }] }],
    ['an image of a message', { input: [{ role: 'user', content: [{ type: 'input_image', image_url: R }] }] }],
    ['an MCP item of the input', { input: [{ type: 'mcp_call', headers: { authorization: R } }] }],
    ['the instructions', { instructions: R }],
    ['a variable of a template', { prompt: { id: 'pmpt_1', variables: { name: R } } }],
    ['a schema', { text: { format: { type: 'json_schema', name: R, schema: { description: R } } } }],
    ['metadata', { metadata: { note: R } }],
    ['the user', { user: R, safety_identifier: R, prompt_cache_key: R }],
    ['the model', { model: R }],
    ['the description of a function', { tools: [{ type: 'function', name: 'f', description: R }] }],
    ['the parameters of a function', { tools: [{ type: 'function', parameters: { headers: { default: R } } }] }],
    ['a function inside of a namespace', { tools: [{ type: 'namespace', tools: [{ description: R }] }] }],
    ['what a model reads of a server', { tools: [{ type: 'mcp', server_description: R, server_label: R }] }],
    ['a text that mentions it', { tools: [{ type: 'mcp', server_url: `https://x.example/?key=${R}` }] }],
  ])('given it as %s -> then it stays text', (_, request) => {
    expect(secretNamesOf(request)).toEqual([]);
    expect(withSecrets(request, values)).toEqual(request);
  });
});

describe('values', () => {
  test('given a name that is used twice -> then it is asked for once', async () => {
    const provider = vi.fn((name: string) => Promise.resolve(`value of ${name}`));
    expect([...(await secretValues(['A', 'B'], provider)).values()]).toEqual(['value of A', 'value of B']);
    expect(provider.mock.calls.flat()).toEqual(['A', 'B']);
  });

  test.each<[string, unknown, string, string]>([
    ['none', undefined, 'secret_missing', 'This worker knows no secret A, B.'],
    ['an empty one', '', 'secret_missing', 'This worker knows no secret A, B.'],
    ['a number', 7, 'secret_unusable', 'The secret A is no text.'],
    ['one too short to be hidden', 'abcde', 'secret_unusable', 'The secret A has less than 6 characters'],
    ['one too long', 'x'.repeat(MAX_SECRET_BYTES + 1), 'secret_unusable', 'The secret A has more than 65536 bytes'],
  ])('given %s -> then refused for good, by name', async (_, value, code, message) => {
    const provider = () => value as string;
    await expect(secretValues(['A', 'B'], provider)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  test('given a provider that does not answer -> then an error within seven seconds, to be tried again', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const asked = secretValues(['SLOW'], () => new Promise(() => undefined));
    const told = expect(asked).rejects.toThrow('the secret SLOW was not there after 7 s');
    await vi.advanceTimersByTimeAsync(7_000);
    await told;
  });

  test.each(['OPENAI_API_KEY', 'TEMPORAL_API_KEY', 'DURABLE_RESPONSES_X', 'AWS_SECRET_ACCESS_KEY', 'openai_api_key'])(
    'given the variable %s -> then it is no secret of a task',
    (name) => {
      expect(secretOf({ [name]: 'value-of-ours' }, name)).toBeUndefined();
    },
  );

  test('given other variables -> then their values; an empty or inherited name has none', () => {
    expect(secretOf({ MCP_TOKEN: 'token-value' }, 'MCP_TOKEN')).toBe('token-value');
    expect(secretOf({ MCP_TOKEN: '' }, 'MCP_TOKEN')).toBeUndefined();
    expect(secretOf({}, 'constructor')).toBeUndefined();
  });
});

describe('a folder', () => {
  let folder: string;
  beforeAll(() => {
    const parent = mkdtempSync(join(tmpdir(), 'durable-responses-secrets-'));
    folder = join(parent, 'mounted');
    // As Kubernetes mounts them: the names lead over a link to files in a hidden folder.
    mkdirSync(join(folder, '..2026'), { recursive: true });
    writeFileSync(join(folder, '..2026', 'MCP_TOKEN'), 'token-of-a-file\n');
    symlinkSync('..2026', join(folder, '..data'));
    symlinkSync(join('..data', 'MCP_TOKEN'), join(folder, 'MCP_TOKEN'));
    writeFileSync(join(folder, 'windows'), 'value\r\n');
    writeFileSync(join(folder, 'pem'), 'a\nb\n\n');
    writeFileSync(join(folder, 'large'), 'x'.repeat(MAX_SECRET_BYTES));
    writeFileSync(join(folder, 'too-large'), 'x'.repeat(MAX_SECRET_BYTES + 1));
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(parent, 'outside'), 'outside-value');
  });
  afterAll(() => rmSync(join(folder, '..'), { recursive: true }));

  test.each([
    ['MCP_TOKEN', 'token-of-a-file'],
    ['windows', 'value'],
    ['pem', 'a\nb\n'],
    ['large', 'x'.repeat(MAX_SECRET_BYTES)],
  ])('given the file %s -> then its content without one line end', async (name, value) => {
    expect(await secretsInFolder(folder)(name)).toBe(value);
  });

  test.each(['absent', '../outside', '..', '.', '..data/MCP_TOKEN', '/etc/hostname', '', 'a\0b'])(
    'given the name %j -> then there is none, and nothing outside is read',
    async (name) => {
      expect(await secretsInFolder(folder)(name)).toBeUndefined();
    },
  );

  test.each([
    ['too-large', 'The secret too-large has more than 65536 bytes.'],
    ['folder', 'The file of the secret folder cannot be read (EISDIR).'],
  ])('given %s -> then refused for good', async (name, message) => {
    await expect(secretsInFolder(folder)(name)).rejects.toMatchObject({ code: 'secret_unusable', message });
  });

  test('given a file that changes -> then the new value', async () => {
    writeFileSync(join(folder, 'rotated'), 'before');
    const provider = secretsInFolder(folder);
    expect(await provider('rotated')).toBe('before');
    writeFileSync(join(folder, 'rotated'), 'after');
    expect(await provider('rotated')).toBe('after');
  });
});

describe('what was resolved', () => {
  const VALUE = 'tok/en "of" ä canary';

  test('given a value in any form that messages have -> then it is hidden', () => {
    rememberHidden([VALUE, 'tok/en']);
    const forms = [
      VALUE,
      encodeURIComponent(VALUE),
      JSON.stringify({ quoted: VALUE }),
      Buffer.from(VALUE).toString('base64'),
      Buffer.from(VALUE).toString('base64url'),
    ];
    for (const form of forms)
      expect(redact(`upstream said ${form}.`)).toMatch(/^upstream said (\*\*\*|\{"quoted":"\*\*\*"\}|\*\*\*==?)\.$/);
    expect(hideValues('tok/en alone')).toBe('*** alone');
  });

  test('given it deep in an answer -> then only those texts change, and the object is the same', () => {
    rememberHidden([VALUE]);
    const answer = { output: [{ error: `401: ${VALUE}`, n: 1 }, 'text'], nothing: null };
    const same = hideValuesIn(answer);
    expect(same).toBe(answer);
    expect(answer).toEqual({ output: [{ error: '401: ***', n: 1 }, 'text'], nothing: null });
  });

  test('given values of years -> then the newest thousand are hidden', () => {
    rememberHidden(Array.from({ length: 1_500 }, (_, i) => `rotated-value-${i}-`));
    expect(redact('rotated-value-499- rotated-value-500- rotated-value-1499-')).toBe('rotated-value-499- *** ***');
  });

  test('given a value that is used again, and a key of the process -> then these are not the oldest', () => {
    createUpstream({ apiKey: 'key-of-the-process', baseURL: 'http://127.0.0.1:9' });
    rememberHidden(['used-now-and-then', 'used-once-only']);
    rememberHidden(Array.from({ length: 998 }, (_, i) => `later-value-${i}-`));
    rememberHidden(['used-now-and-then']);
    rememberHidden(['the-last-one']);
    const said = 'key-of-the-process used-now-and-then used-once-only later-value-0- the-last-one';
    expect(hideValues(said)).toBe('*** *** used-once-only *** ***');
  });

  test.each([
    ['', false],
    ['said towar', false],
    ['said toward-the-', true],
    ['said toward-the-en', true],
    ['said toward-the-end', false],
    ['said toward-the-end towar', false],
    ['toward-the-end toward-the', true],
    ['toward-the other', false],
  ])('given a text that ends as %j -> then within a value: %s', (text, isWithin) => {
    rememberHidden(['toward-the-end']);
    expect(endsInHidden(text)).toBe(isWithin);
  });
});
