/** Credentials that are written out in what is to be started: refused with the field and the way out, never repeated. */
import { describe, expect, test } from 'vitest';
import { checkTask, parseBatchCsv, parseBatchLines } from '../src/client';
import { assertReport, checkId } from '../src/door';
import { credentialIn } from '../src/security/credential-forms';
import { redact } from '../src/security/redact';

const part = (chars: string, length: number): string => chars.repeat(length).slice(0, length);

/** Made here from pieces, so that no scanner of repositories takes them for real. */
const CREDENTIALS: [kind: string, text: string][] = [
  ['an API key', `sk-${part('aB3dE6gH9', 48)}`],
  ['an API key', `sk-proj-${part('aB3_dE6-gH9', 120)}${part('Zz9', 20)}`],
  ['an API key', `sk-svcacct-${part('aB3dE6gH9', 40)}`],
  ['an API key', `sk-ant-api03-${part('aB3dE6gH9', 40)}`],
  ['an API key', `sk_live_${part('aB3dE6gH9', 24)}`],
  ['a GitHub token', `ghp_${part('aB3dE6gH9', 36)}`],
  ['a GitHub token', `gho_${part('aB3dE6gH9', 36)}`],
  ['a GitHub token', `github_pat_${part('aB3dE6gH9_', 82)}`],
  ['a GitLab token', `glpat-${part('aB3dE6gH9', 20)}`],
  ['a Slack token', `xoxb-${part('1234567890', 12)}-${part('aB3dE6gH9', 24)}`],
  ['a Slack token', `xoxp-${part('1234567890', 12)}-${part('aB3dE6gH9', 24)}`],
  ['an AWS access key', `AKIA${part('Q3ZX7', 16)}`],
  ['a Google API key', `AIza${part('aB3_dE6-gH9', 35)}`],
  ['a signed token (JWT)', `eyJ${part('aB3', 20)}.eyJ${part('dE6', 30)}.${part('gH9_-', 43)}`],
  ['a signed token (JWT)', `Bearer eyJ${part('aB3', 20)}.eyJ${part('dE6', 30)}.${part('gH9_-', 43)}`],
  ['a webhook secret', `whsec_${part('aB3+dE6/gH9', 32)}`],
  ['a private key', '-----BEGIN PRIVATE KEY-----\nMIIE'],
  ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIE'],
  ['an address with a password', `https://user:${part('hunter', 8)}@db.example.org/x`],
  ['an address with a password', `postgres://admin:${part('hunter', 8)}@db.example.org:5432/x`],
];

const good = { model: 'o3', input: 'Hello' };
const taskWith = (fields: Record<string, unknown>, options = {}) => ({ request: { ...good, ...fields }, options });
const mcp = { type: 'mcp', server_label: 's', server_url: 'https://x.example/mcp' };

describe('what a credential looks like', () => {
  test.each(CREDENTIALS)(
    'given %s (%#) -> then it is seen, alone and in a text, and taken out of messages',
    (kind, text) => {
      expect(credentialIn(text)).toBe(kind);
      expect(credentialIn(`Use this: "${text}", then go on.`)).toBe(kind);
      const secretPart = text.includes('hunter') ? 'hunter' : text.slice(-12);
      expect(redact(`upstream quotes ${text.split('\n')[0]} here`)).not.toContain(secretPart);
    },
  );

  test.each([
    'Why does sk- stand before an API key, and what is whsec_?',
    'task-based-learning-and-risk-assessment-frameworks-2026',
    'https://example.sk/sk-annual-report-of-slovakia-2024-and-2025',
    'Compare scikit-learn, sk-dist and sk-learn-extra-tools for 2026.',
    'sk-proj-XXXXXXXXXXXXXXXXXXXXXXXX and sk-your_api_key_goes_here',
    'mask-1234567890abcdef1234567890',
    'The AKIA prefix, AIza keys, ghp_ tokens, xoxb- and eyJhbGci in a header.',
    '-----BEGIN CERTIFICATE-----\nMIIE\n-----BEGIN PUBLIC KEY-----',
    'https://example.org:8080/@user/x?mail=a@b.example',
    'See http://localhost:3000/ or mail me: a@b.example',
    `A hash ${part('0123456789abcdef', 64)} and an id resp_${part('0123456789abcdef', 48)}`,
    'secret://NAME, Bearer secret://NAME, $OPENAI_API_KEY',
  ])('given %j -> then none is seen', (text) => {
    expect(credentialIn(text)).toBeUndefined();
  });

  test.each([`AIza${part('aB3dE6gH9', 35)}`, `AKIA${part('Q3ZX7', 16)}`])(
    'given an image whose Base64 has %s in it by chance -> then it is an image',
    (chance) => {
      for (const before of ['/', '+', 'a'])
        expect(credentialIn(`data:image/png;base64,iVBORw0KGgo${before}${chance}+/8A`)).toBeUndefined();
    },
  );

  test('given ten megabytes made to keep a search busy -> then each takes less than two seconds of one core', () => {
    const units = [
      'The quick brown fox. ',
      'a',
      'sk-',
      'sk-1-a-a-a.',
      'eyJ-',
      '.eyJaaaaaaaaaaaa',
      '://a:',
      '-----BEGIN A B ',
      'AKIA',
    ];
    const timesMs = units.map((unit) => {
      const text = unit.repeat(Math.ceil(10_000_000 / unit.length));
      const before = process.cpuUsage();
      credentialIn(text);
      redact(text);
      return process.cpuUsage(before).user / 1000;
    });
    expect(Math.max(...timesMs)).toBeLessThan(2_000);
  });
});

describe('a task', () => {
  const [, key = ''] = CREDENTIALS[0]!;

  test.each<[string, Record<string, unknown>]>([
    ['input', { input: `My key is ${key}, why is it refused?` }],
    [
      'input[0].content[1].text',
      { input: [{ role: 'user', content: [{ type: 'x' }, { type: 'input_text', text: key }] }] },
    ],
    ['instructions', { instructions: key }],
    ['prompt.variables.key', { prompt: { id: 'pmpt_1', variables: { key } } }],
    ['metadata.note', { metadata: { note: key } }],
    ['user', { user: key }],
    ['text.format.schema.description', { text: { format: { type: 'json_schema', schema: { description: key } } } }],
    ['tools[0].description', { tools: [{ type: 'function', name: 'f', description: key }] }],
  ])('given a key in %s -> then refused with the field and the option, and not repeated', (field, fields) => {
    const problems = checkTask(taskWith(fields));
    expect(problems).toEqual([expect.stringMatching(/: what looks like an API key would be kept/)]);
    expect(problems[0]).toContain(`${field}: `);
    expect(problems[0]).toContain('allowKeysInPrompt (--allow-keys-in-prompt)');
    expect(problems[0]).not.toContain(key.slice(3, 12));
    expect(checkTask(taskWith(fields, { allowKeysInPrompt: true }))).toEqual([]);
  });

  const domain = (value: string) => ({
    type: 'code_interpreter',
    container: {
      type: 'auto',
      network_policy: {
        type: 'allowlist',
        allowed_domains: ['a.example'],
        domain_secrets: [{ domain: 'a.example', name: 'A', value }],
      },
    },
  });

  test.each<[string, Record<string, unknown>]>([
    ['tools[0].authorization', { tools: [{ ...mcp, authorization: key }] }],
    ['tools[0].headers.X-Trace', { tools: [{ ...mcp, headers: { 'X-Trace': key } }] }],
    ['tools[0].server_url', { tools: [{ ...mcp, server_url: `https://x.example/mcp/${key}` }] }],
    ['tools[0].container.network_policy.domain_secrets[0].value', { tools: [domain('hunter')] }],
    ['tools[0].anything.key', { tools: [{ type: 'later', anything: { key } }] }],
    ['api_key', { api_key: key }],
  ])('given a credential in %s -> then refused, with secret://NAME, whatever the options say', (field, fields) => {
    for (const options of [{}, { allowKeysInPrompt: true }]) {
      const problems = checkTask(taskWith(fields, options));
      expect(problems).toEqual([expect.stringContaining('secret://NAME')]);
      expect(problems[0]).toContain(`${field}: `);
      expect(problems[0]).not.toMatch(/hunter|aB3dE6/);
    }
    expect(checkTask(taskWith({ tools: [domain('secret://A')] }))).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['metadata.note', { metadata: { note: 'secret://A' } }, 'stands for nothing here'],
    ['user', { user: 'Bearer secret://A' }, 'stands for nothing here'],
    [
      'tools[0].server_url',
      { tools: [{ ...mcp, server_url: 'https://x.example/?k=secret://A' }] },
      'as the whole value',
    ],
    ['tools[0].headers.X-Trace', { tools: [{ ...mcp, headers: { 'X-Trace': 'secret://A B' } }] }, 'as the whole value'],
    [
      'input[0].content[0].image_url',
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'secret://A' }] }] },
      'write https://host/path',
    ],
  ])('given a reference in %s that would not be resolved -> then refused', (field, fields, hint) => {
    const problems = checkTask(taskWith(fields));
    expect(problems).toEqual([expect.stringContaining(hint)]);
    expect(problems[0]).toContain(`${field}: `);
  });

  test('given a prompt that speaks of secret://NAME, or is nothing else -> then it is text', () => {
    expect(checkTask(taskWith({ input: 'secret://OPENAI_API_KEY', instructions: 'Never print secret://A.' }))).toEqual(
      [],
    );
  });

  test.each<[string, unknown]>([
    ['tenant', taskWith({}, { tenant: key })],
    ['labels.(a name)', taskWith({}, { labels: { [key]: 'x' } })],
    ['metadata.(a name)', taskWith({ metadata: { [key]: 'x' } })],
  ])('given a key as %s -> then refused, and not repeated', (field, task) => {
    const problems = checkTask(task);
    expect(problems).toEqual([expect.stringMatching(/looks like an API key/)]);
    expect(problems[0]?.startsWith(`${field}: `)).toBe(true);
    expect(problems[0]).not.toContain(key.slice(3, 12));
  });

  test('given a key as the id of a task, or of a line -> then refused: the server has ids in clear', () => {
    const said = [
      ...checkId(key),
      ...checkId(`nightly/${key}`),
      ...parseBatchLines(JSON.stringify({ id: key, ...good })).problems,
    ];
    for (const problem of said) expect(problem).toContain('an API key, and ids are in clear');
    expect(said).toHaveLength(3);
    expect(said.join()).not.toContain(key.slice(3, 12));
  });

  test('given a key as the name of a field, an id or a label -> then it is not repeated either', () => {
    const said = [
      ...checkTask(taskWith({ metadata: { [key]: key } })),
      ...checkTask(taskWith({ tools: [{ type: 'web_search', [key]: 1 }] })),
      ...checkTask({ attach: { responseId: `${key} ` } }),
      ...checkTask(taskWith({}, { labels: { note: key } })),
    ];
    expect(said).toHaveLength(4);
    expect(said.join('\n')).not.toContain(key.slice(3, 12));
  });
});

describe('batches and reports', () => {
  const [, key = ''] = CREDENTIALS[5]!;

  test('given lines with keys -> then each is refused with its line and field', () => {
    const lines = [
      '"Hello"',
      JSON.stringify(`Explain ${key}`),
      JSON.stringify({ custom_id: 'a', method: 'POST', url: '/v1/responses', body: { ...good, instructions: key } }),
    ];
    const { problems, items } = parseBatchLines(lines.join('\n'), { model: 'o3' });
    expect(problems).toEqual([
      expect.stringMatching(/^line 2, input: what looks like a GitHub token/),
      expect.stringMatching(/^line 3, instructions: what looks like a GitHub token/),
    ]);
    expect(JSON.stringify(items.map(({ problem }) => problem))).not.toContain(key.slice(4));
    const allowed = parseBatchLines(lines.join('\n'), { model: 'o3', options: { allowKeysInPrompt: true } });
    expect(allowed.problems).toEqual([]);
    const one = parseBatchLines(JSON.stringify({ input: key, allowKeysInPrompt: true }), { model: 'o3' });
    expect(one.problems).toEqual([]);
  });

  test('given a row of a CSV file with a key -> then refused with its line', () => {
    const { problems } = parseBatchCsv(`input\nHello\n${key}\n`, { model: 'o3' });
    expect(problems).toEqual([expect.stringMatching(/^line 3, input: what looks like a GitHub token/)]);
  });

  test.each([
    ['title', { title: `About ${key}` }],
    ['sections[0]', { sections: [key] }],
    ['instructions', { instructions: key }],
  ])('given a report with a key as its %s -> then refused unless it is allowed', (field, fields) => {
    const plan = { title: 'A', sources: [{ path: 'a.csv' }], ...fields };
    expect(() => assertReport(plan)).toThrow(`${field}: what looks like a GitHub token`);
    expect(() => assertReport({ ...plan, options: { allowKeysInPrompt: true } })).not.toThrow();
  });
});
