/** How an answer leaves, or does not: the socket's side of the fault plan. */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Answer } from './api';
import type { Fault } from './faults';

export const HEADERS = (): Record<string, string> => ({
  'x-request-id': `req_${randomBytes(16).toString('hex')}`,
  'openai-processing-ms': '12',
  'openai-version': '2020-10-01',
  'openai-organization': 'emulator',
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-remaining-requests': '9999',
  'x-ratelimit-reset-requests': '6ms',
  'x-ratelimit-limit-tokens': '30000000',
  'x-ratelimit-remaining-tokens': '29999000',
  'x-ratelimit-reset-tokens': '2ms',
});

const HTML = '<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>';

/** Sends an answer whole. */
export function send(reply: ServerResponse, { status, body }: Answer, headers: Record<string, string> = {}): void {
  const binary = Buffer.isBuffer(body);
  const bytes = binary ? body : Buffer.from(JSON.stringify(body));
  const type = binary ? 'application/octet-stream' : 'application/json';
  reply.writeHead(status, { ...HEADERS(), 'content-type': type, 'content-length': bytes.length, ...headers });
  reply.end(bytes);
}

function sendText(
  reply: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Record<string, string> = {},
): void {
  reply.writeHead(status, { ...HEADERS(), 'content-type': type, ...headers });
  reply.end(text);
}

function sendStatus(reply: ServerResponse, fault: Extract<Fault, { kind: 'status' }>): void {
  const { status, message, code = null, headers } = fault;
  if (fault.body === 'html') return sendText(reply, status, 'text/html', HTML, headers);
  if (fault.body === 'empty') return sendText(reply, status, 'text/plain', '', headers);
  const type = fault.type ?? (status >= 500 ? 'server_error' : status === 429 ? 'requests' : 'invalid_request_error');
  const error = { message: message ?? `Emulated ${status}.`, type, param: null, code };
  send(reply, { status, body: { error } }, headers);
}

function garbage(kind: Extract<Fault, { kind: 'garbage' }>['body'], answer: Answer | null): string {
  const body = answer && !Buffer.isBuffer(answer.body) ? answer.body : {};
  switch (kind) {
    case 'html':
      return HTML;
    case 'null':
      return 'null';
    case 'array':
      return '[]';
    case 'cut':
      return JSON.stringify({ id: 'resp_cut', status: 'completed', output: [] }).slice(0, 20);
    case 'wrong_types':
      return JSON.stringify({ ...body, id: 7, status: ['completed'], output: 'text' });
    case 'no_output':
      return JSON.stringify({ ...body, status: 'completed', output: undefined });
    case 'no_status':
      return JSON.stringify({ ...body, status: undefined });
  }
}

function sendHuge(reply: ServerResponse, bytes: number): void {
  const chunk = Buffer.alloc(1 << 20, 32);
  let left = bytes;
  reply.writeHead(200, { 'content-type': 'application/json' });
  const more = (): void => {
    while (left > 0 && !reply.destroyed) {
      left -= chunk.length;
      if (!reply.write(chunk)) return void reply.once('drain', more);
    }
    reply.end();
  };
  more();
}

/** Whether a fault leaves the request undone. */
export function preventsWork(fault: Fault): boolean {
  if (fault.kind === 'drop' || fault.kind === 'hang' || fault.kind === 'stall' || fault.kind === 'garbage')
    return !fault.accept;
  return fault.kind === 'status' || fault.kind === 'redirect' || fault.kind === 'huge';
}

/** Answers as the fault wants it. `answer` is null when the request was not carried out. Gives the status for the ledger. */
export function sendFault(reply: ServerResponse, fault: Fault, answer: Answer | null): number {
  switch (fault.kind) {
    case 'status':
      sendStatus(reply, fault);
      return fault.status;
    case 'drop':
      reply.destroy();
      return 0;
    case 'hang':
      if (fault.ms !== undefined) setTimeout(() => reply.destroy(), fault.ms).unref();
      return 0;
    case 'stall': {
      const text = answer && !Buffer.isBuffer(answer.body) ? JSON.stringify(answer.body) : '{"id":"resp_stalled"}';
      reply.writeHead(200, { ...HEADERS(), 'content-type': 'application/json', 'content-length': text.length });
      // Less than the id is long, so that nothing can be learned from it.
      reply.write(text.slice(0, 8));
      return 200;
    }
    case 'garbage':
      sendText(reply, 200, fault.body === 'html' ? 'text/html' : 'application/json', garbage(fault.body, answer));
      return 200;
    case 'redirect':
      sendText(reply, 307, 'text/plain', '', { location: fault.to });
      return 307;
    case 'huge':
      sendHuge(reply, fault.bytes);
      return 200;
    default:
      if (answer) send(reply, answer);
      return answer?.status ?? 0;
  }
}
