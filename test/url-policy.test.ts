/** Where requests may lead. Addresses of the internet in these tables are looked at and never connected to. */
import type { LookupAddress, LookupOptions } from 'node:dns';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestUrlProblem } from '../src/activities/request-urls';
import { checkTask, parseBatchLines } from '../src/client';
import { AddressRefusedError } from '../src/network/address-refused';
import { guardedDispatcher, type Lookup } from '../src/network/dispatcher';
import { baseUrlProblem, mayReach, normalHost, urlProblem, type Reach } from '../src/network/url-policy';

/** What must not be fetched, by why. */
const REFUSED: Record<string, string[]> = {
  'this machine': [
    'https://127.0.0.1/',
    'https://127.0.0.1:8443/mcp',
    'https://127.1/',
    'https://127.255.255.254/',
    'https://0.0.0.0/',
    'https://0/',
    'https://[::1]/',
    'https://[::]/',
    'https://localhost/',
    'https://LOCALHOST:9000/',
    'https://localhost./',
    'https://localhost../',
    'https://mcp.localhost/',
    'https://localhost.localdomain/',
  ],
  'this machine, in disguise': [
    'https://0x7f.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://017700000001/',
    'https://0177.0.0.1/',
    'https://127.0.0.1./',
    'https://127.0.0.1../',
    'https://１２７.0.0.1/',
    'https://127。0。0。1/',
    'https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/',
    'https://%31%32%37.0.0.1/',
    'https://127.0.0\u00ad.1/',
    'https:///127.0.0.1/',
    'https:/127.0.0.1/',
    'https:127.0.0.1/',
    '//127.0.0.1/',
  ],
  'IPv4 within IPv6': [
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[0:0:0:0:0:ffff:a00:1]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[64:ff9b::169.254.169.254]/',
    'https://[64:ff9b:1::a00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2002:a00:1::1]/',
    'https://[2001:0:7f00:1::]/',
  ],
  'a private network': [
    'https://10.0.0.1/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://192.0.0.1/',
    'https://198.18.0.1/',
    'https://192.0.2.1/',
    'https://203.0.113.9/',
    'https://224.0.0.1/',
    'https://240.0.0.1/',
    'https://255.255.255.255/',
    'https://[fd00::1]/',
    'https://[fc00::1]/',
    'https://[fe80::1]/',
    'https://[fe80::1%25eth0]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
    'https://[2001:db8::1]/',
    'https://intranet/',
    'https://printer.local/',
    'https://wiki.corp/',
    'https://db.default.svc.cluster.local/',
    'https://router.lan/',
  ],
  'a cloud’s own services': [
    'https://169.254.169.254/latest/meta-data/',
    'https://0xa9fea9fe/',
    'https://metadata.google.internal/',
    'https://metadata.google.internal./',
    'https://METADATA.GOOGLE.INTERNAL/',
    'https://168.63.129.16/',
    'https://100.100.100.200/',
    'https://192.0.0.192/',
    'https://[fd00:ec2::254]/',
  ],
  'read differently by different programs': [
    'https://user:password@mcp.example.org/',
    'https://mcp.example.org@127.0.0.1/',
    'https://127.0.0.1@mcp.example.org/',
    'https://@mcp.example.org/',
    'https://:@mcp.example.org/',
    'https://mcp.example.org\\@127.0.0.1/',
    'https://127.0.0.1\\.mcp.example.org/',
    ' https://mcp.example.org/',
    'https://mcp.example.org/\r\nHost: 127.0.0.1',
    'https://mcp.exa\tmple.org/',
    'https://mcp.example.org\u200b/',
    'https://mcp%2eexample.org/',
    'https://mcp..example.org/',
    'https://.example.org/',
    'https://mcp.example.org:99999/',
    'https://[mcp.example.org]/',
    'https://256.256.256.256/',
    `https://mcp.example.org/${'a'.repeat(8192)}`,
  ],
  'no https': [
    'http://mcp.example.org/',
    'http://93.184.215.14/',
    'HTTP://mcp.example.org/',
    'ftp://mcp.example.org/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_INFO',
    'ws://mcp.example.org/',
    'javascript:alert(1)',
    'data:text/html,hello',
    'blob:https://mcp.example.org/1',
    'mcp.example.org',
    '',
  ],
};

const ACCEPTED = [
  'https://mcp.example.org/sse?channel=1#top',
  'https://mcp.example.org.:8443/',
  'https://MCP.EXAMPLE.ORG/',
  'https://bücher.example/',
  'https://xn--bcher-kva.example/',
  'https://93.184.215.14/',
  'https://172.32.0.1/',
  'https://100.63.255.255/',
  'https://100.128.0.1/',
  'https://[2606:4700::1111]/',
  'https://[64:ff9b::808:808]/',
  'https://local.example.org/',
  'https://example.org/a@b/\u00fc',
  'https://s3.eu-central-1.amazonaws.com/bucket/key?X-Amz-Signature=a%2Fb',
];

const ALL = Object.values(REFUSED).flat();
const STRICT = { privateHosts: [] };

const taskWith = (fields: Record<string, unknown>) => ({ request: { model: 'o3', input: 'x', ...fields } });
const message = (part: unknown) => ({ input: [{ role: 'user', content: [{ type: 'input_text', text: 'x' }, part] }] });

/** Each field that upstream fetches, in a request. */
const FIELDS: [string, (url: string) => Record<string, unknown>][] = [
  ['tools[0].server_url', (url) => ({ tools: [{ type: 'mcp', server_label: 'a', server_url: url }] })],
  ['input[0].content[1].image_url', (url) => message({ type: 'input_image', image_url: url })],
  ['input[0].content[1].image_url.url', (url) => message({ type: 'image_url', image_url: { url } })],
  ['input[0].content[1].file_url', (url) => message({ type: 'input_file', file_url: url })],
  ['input[0].output.image_url', (url) => ({ input: [{ type: 'computer_call_output', output: { image_url: url } }] })],
  [
    'tools[0].input_image_mask.image_url',
    (url) => ({ tools: [{ type: 'image_generation', input_image_mask: { image_url: url } }] }),
  ],
  ['prompt.variables.a.file_url', (url) => ({ prompt: { id: 'pmpt_1', variables: { a: { file_url: url } } } })],
];

describe(`${ALL.length} URLs that must not be fetched, ${ACCEPTED.length} that may`, () => {
  test.each(Object.entries(REFUSED))('given %s -> then each is refused, and says what to do', (_why, urls) => {
    const problems = urls.map((url) => [url, urlProblem(url, STRICT) ?? 'accepted']);
    expect(problems.filter(([, problem]) => !/; (write|encode) /.test(problem ?? ''))).toEqual([]);
  });

  test('given ten thousand addresses before them -> then those that may are taken all the same', () => {
    // `URL.canParse` of Node 20 and 22 changes its mind once its caller has been optimized.
    for (let i = 0; i < 10_000; i++) urlProblem(`https://mcp.example.org/${i % 7}`, STRICT);
    expect(ACCEPTED.filter((url) => urlProblem(url, STRICT) !== undefined)).toEqual([]);
    const withUser = { type: 'mcp', server_label: 'a', server_url: 'https://me:pw@bücher.example/' };
    expect(checkTask(taskWith({ tools: [withUser] })).join()).toContain('tools[0].server_url: ');
  });

  test.each(FIELDS)('given %s -> then 0 bypasses at the door, and its name is said', (field, fields) => {
    expect(ALL.length).toBeGreaterThanOrEqual(40);
    const isSaid = (url: string) => checkTask(taskWith(fields(url))).some((line) => line.startsWith(`${field}: `));
    // An empty address of an MCP server is none at all, and said so.
    expect(ALL.filter((url) => !isSaid(url))).toEqual([]);
    expect(ACCEPTED.filter((url) => isSaid(url))).toEqual([]);
  });

  test('given each of them in a request that has passed no door -> then 0 bypasses at the worker', async () => {
    const passed: string[] = [];
    for (const [, fields] of FIELDS)
      for (const url of ALL) {
        const problem = await requestUrlProblem(fields(url), {
          ...STRICT,
          secretValues: [],
          find: () => Promise.resolve([]),
        });
        if (problem === undefined) passed.push(url);
      }
    expect(passed).toEqual([]);
  });
});

describe('at the door', () => {
  test('given a batch -> then the line, the field and what to do', () => {
    const mcp = { type: 'mcp', server_label: 'a', server_url: 'https://10.0.0.1/mcp' };
    const { problems } = parseBatchLines(`"fine"\n${JSON.stringify({ input: 'x', tools: [mcp] })}`, { model: 'o3' });
    expect(problems).toEqual([
      'line 2, tools[0].server_url: leads to a host that is not on the public internet; write a public one ' +
        '(or list 10.0.0.1 in DURABLE_RESPONSES_PRIVATE_HOSTS of clients and workers, if it is meant)',
    ]);
  });

  test('given hosts that may be private -> then they pass, in http too, and others do not', () => {
    const privateHosts = ['10.0.0.5:8080', 'mcp.internal', '[::1]'].map((entry) => normalHost(entry) ?? '');
    const passes = (url: string) => urlProblem(url, { privateHosts }) === undefined;
    const urls = ['http://10.0.0.5:8080/mcp', 'https://MCP.internal./', 'http://mcp.internal:1/', 'http://[::1]:7/'];
    expect(urls.filter((url) => !passes(url))).toEqual([]);
    const others = [
      'http://10.0.0.5/',
      'https://10.0.0.5:8081/',
      'https://a.mcp.internal/',
      'http://user@mcp.internal/',
    ];
    expect(others.filter(passes)).toEqual([]);
    const line = JSON.stringify({ input: 'x', tools: [{ type: 'mcp', server_label: 'a', server_url: urls[0] }] });
    expect(parseBatchLines(line, { model: 'o3', privateHosts }).problems).toEqual([]);
  });

  test.each(['', '*', 'http://a', 'a/b', 'a:0', 'a:b', 'user@a', '::1', 'a b', 'a?b', '[a]'])(
    'given %j as a host that may be private -> then it is none',
    (entry) => expect(normalHost(entry)).toBeUndefined(),
  );

  test('given an image in the URL itself, a secret, and text that only looks like a field -> then they pass', () => {
    const image = message({ type: 'input_image', image_url: `data:image/png;base64,${'A'.repeat(20_000)}` });
    const schema = { type: 'object', properties: {}, default: { image_url: 'http://10.0.0.1' } };
    const fields = {
      ...image,
      metadata: { image_url: 'http://10.0.0.1' },
      text: { format: { type: 'json_schema', name: 'a', schema } },
      tools: [
        { type: 'function', name: 'f', parameters: schema },
        { type: 'mcp', server_label: 'a', server_url: 'secret://MCP_URL' },
      ],
    };
    expect(checkTask(taskWith(fields))).toEqual([]);
  });
});

describe('at the worker', () => {
  const mcp = (url: string) => ({ tools: [{ type: 'mcp', server_url: url }] });
  const check = (url: string, addresses: string[], more: { secretValues?: string[]; privateHosts?: string[] } = {}) =>
    requestUrlProblem(mcp(url), { ...STRICT, secretValues: [], ...more, find: () => Promise.resolve(addresses) });

  test.each<[string, string[]]>([
    ['127.0.0.1.nip.io', ['127.0.0.1']],
    ['one-of-two.example', ['93.184.215.14', '10.0.0.1']],
    ['six.example', ['fd00::1']],
    ['mapped.example', ['::ffff:10.0.0.1']],
  ])('given %s, which DNS finds at a private address -> then it is refused', async (host, addresses) => {
    expect(await check(`https://${host}/`, addresses)).toMatch(/^tools\[0\]\.server_url: leads to a host that is not/);
    expect(await check(`https://${host}/`, addresses, { privateHosts: [host] })).toBeUndefined();
  });

  test('given a name that DNS does not know, or finds in public -> then it passes', async () => {
    expect(await check('https://mcp.example.org/', [])).toBeUndefined();
    expect(await check('https://mcp.example.org/', ['93.184.215.14', '2606:4700::1111'])).toBeUndefined();
  });

  test('given the value of a secret -> then it may have a user, must be public, and nothing of it is told', async () => {
    const [good, bad] = ['https://user:hush@mcp.example.org/', 'https://user:hush@vault.internal/'];
    expect(await check(good, [], { secretValues: [good] })).toBeUndefined();
    const problem = await check(bad, [], { secretValues: [bad] });
    expect(problem).toMatch(/^tools\[0\]\.server_url: its secret:\/\/ reference stands for no https:\/\/ address/);
    expect(problem).not.toMatch(/hush|vault/);
  });

  test('given a request that is nested 100,000 deep -> then it ends', async () => {
    let value: unknown = 'https://127.0.0.1';
    for (let i = 0; i < 100_000; i++) value = [value];
    expect(await requestUrlProblem({ input: value }, { ...STRICT, secretValues: [] })).toBeUndefined();
  });
});

describe('the address of upstream', () => {
  test.each([
    'https://api.openai.com/v1',
    'https://name.openai.azure.com/openai/v1/',
    'http://127.0.0.1:8787/v1',
    'http://localhost:8787',
    'http://[::1]:1234/v1',
    'https://127.0.0.1:8443/v1',
    'http://llm.internal:4000/v1',
    'https://10.0.0.5/v1',
  ])('given %s, where llm.internal:4000 and 10.0.0.5 are listed -> then it is taken', (url) => {
    expect(baseUrlProblem(url, ['llm.internal:4000', '10.0.0.5'])).toBeUndefined();
  });

  test.each([
    'http://api.openai.com/v1',
    'http://10.0.0.5:8080/v1',
    'http://llm.internal/v1',
    'https://10.0.0.5/v1',
    'https://llm.internal/v1',
    'https://intranet/v1',
    'http://0.0.0.0:8787/v1',
    'https://169.254.169.254/v1',
    'https://[fd00::1]/v1',
    'http://localhost.evil.example/v1',
    'http://127.0.0.1.nip.io/v1',
    'https://user:hush@api.example.org/v1',
    'https://api.example.org/v1?key=hush',
    'https://api.example.org/v1#hush',
    'ftp://api.example.org/v1',
    'https:api.example.org',
    'api.example.org',
  ])('given %s -> then it is refused, and not repeated', (url) => {
    const problem = baseUrlProblem(url, ['llm.internal:4000']) ?? '';
    expect(problem).toMatch(/^expected /);
    expect(problem).not.toMatch(/hush|example\.org|10\.0\.0\.5/);
  });
});

describe('what is connected to', () => {
  let server: Server;
  let requests = 0;
  const port = () => (server.address() as AddressInfo).port;
  beforeAll(async () => {
    server = createServer((_request, reply) => {
      requests++;
      reply.end('ours');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => server.close());

  /** A name that is found elsewhere each time it is asked for. */
  function rebinding(...answers: string[][]) {
    let asked = 0;
    const lookup = (_host: string, _options: LookupOptions, give: (error: null, found: LookupAddress[]) => void) => {
      const addresses = answers[Math.min(asked++, answers.length - 1)] ?? [];
      give(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))); // prettier-ignore
    };
    return { lookup: lookup as unknown as Lookup, asked: () => asked };
  }

  async function connect(host: string, reach: Reach, lookup?: Lookup): Promise<unknown> {
    const dispatcher = guardedDispatcher({ reach, proxy: {}, lookup });
    try {
      return await (await fetch(`http://${host}:${port()}/`, { dispatcher })).text();
    } catch (error) {
      // Around it is what says that there was no connection.
      return ((error as Error).cause as Error).cause;
    } finally {
      await dispatcher.destroy();
    }
  }

  test.each<[string, string[]]>([
    ['this machine', ['127.0.0.1']],
    ['this machine and a public one', ['93.184.215.14', '127.0.0.1']],
    ['this machine, as IPv6', ['::1']],
    ['this machine, mapped', ['::ffff:127.0.0.1']],
    ['a private network', ['10.0.0.1']],
    ['the metadata of a cloud', ['169.254.169.254']],
  ])('given a public name that is found at %s -> then nothing is connected to', async (_what, addresses) => {
    requests = 0;
    const error = await connect('api.example.org', 'public', rebinding(addresses).lookup);
    expect(error).toBeInstanceOf(AddressRefusedError);
    expect((error as Error).message).toMatch(/^api\.example\.org has the address .* nothing was sent\. If it is meant/);
    expect(requests).toBe(0);
  });

  test('given a name that changes after it was checked -> then the check of the connection refuses it', async () => {
    requests = 0;
    const { lookup, asked } = rebinding(['93.184.215.14'], ['127.0.0.1']);
    await new Promise<void>((resolve) => lookup('api.example.org', { all: true }, () => resolve()));
    expect(await connect('api.example.org', 'public', lookup)).toBeInstanceOf(AddressRefusedError);
    expect([asked(), requests]).toEqual([2, 0]);
  });

  test('given a name that would change once more -> then what was checked is what is connected to', async () => {
    const { lookup, asked } = rebinding(['127.0.0.1'], ['10.0.0.1']);
    expect([await connect('llm.internal', 'any', lookup), asked()]).toEqual(['ours', 1]);
    const here = rebinding(['127.0.0.1'], ['10.0.0.1']);
    expect([await connect('localhost', 'loopback', here.lookup), here.asked()]).toEqual(['ours', 1]);
  });

  test('given localhost that is found elsewhere, and addresses in the URL -> then they are held to the same', async () => {
    expect(await connect('localhost', 'loopback', rebinding(['10.0.0.1']).lookup)).toBeInstanceOf(AddressRefusedError);
    expect(await connect('127.0.0.1', 'public')).toBeInstanceOf(AddressRefusedError);
    expect(await connect('127.0.0.1', 'loopback')).toBe('ours');
    expect([mayReach('127.0.0.1', 'any'), mayReach('93.184.215.14', 'loopback')]).toEqual([true, false]);
  });
});
