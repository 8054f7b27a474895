/** The way out that an organization prescribes: a proxy, and certificates of its own authority. All of it is real. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { fullServer } from './helpers/full-server';
import { runNode } from './helpers/programs';

/** A public name that does not exist: only the proxy knows where it is. */
const HOST = 'llm.durable-responses-test.example';

let folder: string;
let upstream: Server;
let proxy: Server;
let tunnels: { to: string; authorization: string | undefined }[] = [];
let paths: string[] = [];
let refuseWith: number | null = null;
/** What the proxy does in place of a tunnel, or once TLS begins in it. */
let spoil: 'closes' | 'says nothing' | 'says nonsense' | 'closes the tunnel' | null = null;

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listen = (server: Server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done));

/** An authority, and a certificate of it for the host and for localhost. */
function makeCertificates(): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout'];
  openssl('req', '-x509', ...key, 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test authority');
  openssl('req', ...key, 'server.key', '-out', 'server.csr', '-subj', `/CN=${HOST}`);
  writeFileSync(join(folder, 'names'), `subjectAltName=DNS:${HOST},DNS:localhost`);
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.pem', '-days', '2');
}

function spoiled(socket: Socket, how: NonNullable<typeof spoil>): void {
  socket.on('error', () => undefined);
  if (how === 'closes') socket.destroy();
  if (how === 'says nonsense') socket.end('hello\r\n\r\n');
  if (how !== 'closes the tunnel') return;
  socket.once('data', () => socket.destroy());
  socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
}

function tunnel(to: string, socket: Socket, authorization: string | undefined): void {
  tunnels.push({ to, authorization });
  if (refuseWith !== null) return void socket.end(`HTTP/1.1 ${refuseWith} Refused\r\n\r\n`);
  if (spoil !== null) return spoiled(socket, spoil);
  const target = connect(portOf(upstream), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    target.pipe(socket).pipe(target);
  });
  for (const side of [socket, target]) side.on('error', () => [socket, target].forEach((one) => one.destroy()));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'durable-responses-tls-'));
  makeCertificates();
  const [key, cert] = ['server.key', 'server.pem'].map((name) => readFileSync(join(folder, name)));
  upstream = createHttps({ key, cert }, (request, reply) => {
    paths.push(`${request.method} ${request.url}`);
    request.resume();
    reply.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"resp_1","status":"queued"}');
  });
  proxy = createHttp();
  proxy.on('connect', (request, socket: Socket) =>
    tunnel(request.url ?? '', socket, request.headers['proxy-authorization']),
  );
  await Promise.all([listen(upstream), listen(proxy)]);
});

beforeEach(() => {
  [tunnels, paths, refuseWith, spoil] = [[], [], null, null];
});

afterAll(() => {
  for (const server of [upstream, proxy]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

/** One create in a process with this environment, as a program of the package makes it. */
async function create(env: Record<string, string>): Promise<{ id?: string; fault?: Record<string, unknown> }> {
  const script = `
    const { createUpstream, toFault } = require('./lib/src/upstream');
    const upstream = createUpstream({ apiKey: 'sk-canary', baseURL: process.env.BASE_URL, callDeadlineMs: Number(process.env.DEADLINE_MS ?? 20000) });
    upstream.create({ model: 'o3', input: 'x', background: true }).then(
      (id) => console.log(JSON.stringify({ id })),
      (error) => console.log(JSON.stringify({ fault: toFault(error, 0) })),
    );`;
  const cwd = join(__dirname, '..');
  const { out, err } = await runNode(['-e', script], { cwd, env: { PATH: process.env['PATH'] ?? '', ...env } }).ended;
  expect(err).toBe('');
  return JSON.parse(out) as { id?: string; fault?: Record<string, unknown> };
}

const CA = () => ({ NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') });
const PUBLIC = { BASE_URL: `https://${HOST}/v1` };
const proxyUrl = () => `http://user:pass%20word@127.0.0.1:${portOf(proxy)}`;

test('given HTTPS_PROXY, which alone knows the host, and NODE_EXTRA_CA_CERTS -> then it goes through both', async () => {
  expect(await create({ ...CA(), ...PUBLIC, HTTPS_PROXY: proxyUrl() })).toEqual({ id: 'resp_1' });
  const authorization = `Basic ${Buffer.from('user:pass word').toString('base64')}`;
  expect(tunnels).toEqual([{ to: `${HOST}:443`, authorization }]);
  expect(paths).toEqual(['POST /v1/responses']);
});

test('given a certificate of an unknown authority -> then nothing is sent, and the create was not accepted', async () => {
  const { fault } = await create({ ...PUBLIC, https_proxy: proxyUrl() });
  expect(fault).toMatchObject({ type: 'Upstream.Unavailable', retryable: true, maybeAccepted: false });
  expect(fault?.code).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN/);
  expect([tunnels.length, paths]).toEqual([1, []]);
});

test('given NO_PROXY with the host -> then it is looked up here, and is not found', async () => {
  const { fault } = await create({ ...CA(), ...PUBLIC, HTTPS_PROXY: proxyUrl(), NO_PROXY: '.example' });
  expect(fault).toMatchObject({ type: 'Upstream.Unavailable', code: 'ENOTFOUND', maybeAccepted: false });
  expect(tunnels).toEqual([]);
});

test('given a proxy, and an upstream on this machine -> then it is reached without the proxy', async () => {
  const env = { ...CA(), HTTPS_PROXY: proxyUrl(), BASE_URL: `https://localhost:${portOf(upstream)}/v1` };
  expect(await create(env)).toEqual({ id: 'resp_1' });
  expect([tunnels, paths]).toEqual([[], ['POST /v1/responses']]);
});

test('given a proxy that refuses -> then not accepted, and what to look at; its password is not told', async () => {
  refuseWith = 407;
  const { fault } = await create({ ...CA(), ...PUBLIC, HTTPS_PROXY: proxyUrl() });
  expect(fault).toMatchObject({
    type: 'Upstream.Unavailable',
    code: 'PROXY_REFUSED',
    maybeAccepted: false,
    message: 'The proxy opened no connection (HTTP 407): look at HTTPS_PROXY.',
  });
});

test.each(['closes', 'says nothing', 'says nonsense', 'closes the tunnel'] as const)(
  'given a proxy that takes the connection and then %s -> then it is asked once, and the create was not accepted',
  async (how) => {
    spoil = how;
    const { fault } = await create({ ...CA(), ...PUBLIC, HTTPS_PROXY: proxyUrl(), DEADLINE_MS: '1500' });
    expect(fault).toMatchObject({ type: 'Upstream.Unavailable', retryable: true, maybeAccepted: false });
    expect([tunnels.length, paths]).toEqual([1, []]);
  },
);

test('given a proxy that nobody can connect to -> then the create was not accepted', async () => {
  const { port, close } = await fullServer();
  const env = { ...CA(), ...PUBLIC, HTTPS_PROXY: `http://127.0.0.1:${port}`, DEADLINE_MS: '1500' };
  const { fault } = await create(env).finally(close);
  expect(fault).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT', maybeAccepted: false });
});
