/** A receiver of webhooks: keeps what it gets, and answers as it is told. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmulatorOptions, FaultRule } from '../../emulator';
import { emulated } from './emulated';
import { closeAfterTest } from './leftovers';

/** What all webhooks of tests are signed with. */
export const SECRET = `whsec_${Buffer.from('a secret of this test').toString('base64')}`;

const TIMES = { emulator_queued_seconds: '1', emulator_run_seconds: '9' };

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  atMs: number;
}

/** A status; `cut` and `never` are no answers. The next one after the last is 200. */
export type AnswerOfReceiver = number | 'cut' | 'never';

export interface Receiver {
  url: string;
  received: Received[];
  close(): Promise<void>;
}

/** Starts a receiver for one test. */
export async function receiving(...answers: AnswerOfReceiver[]): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, reply) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      received.push({ headers: request.headers, body, atMs: Date.now() });
      const status = answers.shift() ?? 200;
      if (status === 'cut') reply.destroy();
      else if (status !== 'never') reply.writeHead(status, status === 307 ? { location: '/elsewhere' } : {}).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  closeAfterTest(close);
  return { url, received, close };
}

/** An emulator that tells a receiver, and a plan with one rule for that. */
export async function telling(
  receiver: Receiver,
  fault?: FaultRule['do'],
  more: Partial<FaultRule> = {},
  options: EmulatorOptions = {},
) {
  const faults: FaultRule[] = fault ? [{ op: 'webhook', times: 1, do: fault, ...more }] : [];
  const all = await emulated({ webhooks: [{ url: receiver.url, secret: SECRET }], faults, ...options });
  return {
    ...all,
    run: (metadata: Record<string, string> = {}) => all.create({ metadata: { ...TIMES, ...metadata } }),
    /** Moves the clock, and waits for what is sent then. */
    until: async (seconds: number) => {
      all.at(seconds);
      await all.emulator.tick();
    },
    rows: () => all.emulator.ledger().webhooks,
  };
}
