/** How an answer goes wrong: the socket's side of the fault plan. */
import type { ServerResponse } from 'node:http';
import { bytesOf, headersOf, jsonOf, type Answer } from './answer';
import type { Fault } from './faults';
import { quoted } from './quoted';

type FaultOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

const HTML = '<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>';

/** Type, code and message of the API, where a rule names only the status. */
const USUAL: Record<number, [type: string, code: string | null, message: string]> = {
  401: ['invalid_request_error', 'invalid_api_key', 'Incorrect API key provided: {key}.'],
  403: ['invalid_request_error', null, 'Country, region, or territory not supported.'],
  404: ['invalid_request_error', null, 'Response not found.'],
  424: [
    'invalid_request_error',
    null,
    "Error retrieving tool list from MCP server: 'emulated'. Http status code: 424 (Failed Dependency)",
  ],
  429: ['requests', null, 'Rate limit reached for requests.'],
  500: ['server_error', null, 'The server had an error while processing your request.'],
  503: ['service_unavailable_error', null, 'Our servers are currently overloaded.'],
};

const BILLING = /^(insufficient_quota|credit_balance_exhausted|\w+_limit_exceeded)$/;

/** Codes that come with a type or a message of their own. */
function usual({ status, code }: FaultOf<'status'>): [string, string | null, string] {
  const generic = status >= 500 ? 'server_error' : 'invalid_request_error';
  const [type, usualCode, message] = USUAL[status] ?? [generic, null, `Emulated ${status}.`];
  if (code === 'conversation_locked') {
    return [type, code, 'Another process is currently operating on this conversation. Please retry in a few seconds.'];
  }
  if (status === 429 && code && code !== 'rate_limit_exceeded' && BILLING.test(code)) {
    return ['insufficient_quota', code, 'You exceeded your current quota, please check your plan and billing details.'];
  }
  return [type, code === undefined ? usualCode : code, message];
}

function errorOf(fault: FaultOf<'status'>, { key, request }: FaultContext): object {
  const [type, code, message] = usual(fault);
  const text = quoted(fault.message ?? message, request, key);
  const param = code === 'conversation_locked' ? 'conversation' : null;
  return { error: { message: text, type: fault.type ?? type, param, code } };
}

const datesIn = (value: string, nowMs: number): string =>
  value.replace(/\{date([+-]\d+)\}/g, (_, seconds: string) => new Date(nowMs + Number(seconds) * 1000).toUTCString());

function sendStatus(reply: ServerResponse, fault: FaultOf<'status'>, context: FaultContext): void {
  const { nowMs } = context;
  const extra = Object.fromEntries(
    Object.entries(fault.headers ?? {}).map(([name, value]) => [name, datesIn(value, nowMs)]),
  );
  const [type, text] =
    fault.body === 'html'
      ? ['text/html', HTML]
      : fault.body === 'empty'
        ? ['text/plain', '']
        : ['application/json', JSON.stringify(errorOf(fault, context))];
  reply.writeHead(fault.status, { ...headersOf(), 'content-type': type, ...extra });
  reply.end(text);
}

function garbage({ body: kind }: FaultOf<'garbage'>, answer: Answer | null): string {
  const body = jsonOf(answer);
  switch (kind) {
    case 'html':
      return HTML;
    case 'null':
      return 'null';
    case 'array':
      return '[]';
    case 'cut':
      return '{"id":"resp_cut","st';
    case 'wrong_types':
      return JSON.stringify({ ...body, id: 7, status: ['completed'], output: 'text' });
    case 'no_output':
      return JSON.stringify({ ...body, status: 'completed', output: undefined });
    case 'no_status':
      return JSON.stringify({ ...body, status: undefined });
  }
}

function sendText(reply: ServerResponse, status: number, headers: Record<string, string>, text: string): void {
  reply.writeHead(status, { ...headersOf(), ...headers });
  reply.end(text);
}

/** Less than the id is long, so that nothing can be learned from what arrives. */
const STALL_BYTES = 8;

/** Headers and the beginning of the body; then nothing more. */
function stall(reply: ServerResponse, answer: Answer | null): void {
  const bytes = answer ? bytesOf(answer) : Buffer.from('{"id":"resp_stalled","object":"response"}');
  reply.writeHead(200, { ...headersOf(), 'content-type': 'application/json', 'content-length': bytes.length });
  reply.write(bytes.subarray(0, STALL_BYTES));
}

const CHUNK = Buffer.alloc(1 << 20, ' ');

function sendHuge(reply: ServerResponse, bytes: number): void {
  let left = bytes;
  reply.writeHead(200, { ...headersOf(), 'content-type': 'application/json' });
  const more = (): void => {
    while (left > 0 && !reply.destroyed) {
      const chunk = CHUNK.subarray(0, left);
      left -= chunk.length;
      if (!reply.write(chunk)) return void reply.once('drain', more);
    }
    reply.end();
  };
  more();
}

type Replacing = FaultOf<'drop' | 'hang' | 'stall' | 'garbage' | 'status' | 'redirect' | 'huge'>;

/** Whether something else is sent in place of the answer. */
export const replacesAnswer = (fault: Fault): fault is Replacing =>
  ['drop', 'hang', 'stall', 'garbage', 'status', 'redirect', 'huge'].includes(fault.kind);

/** Whether a fault leaves the request undone. */
export const preventsWork = (fault: Fault): boolean =>
  replacesAnswer(fault) && !('accept' in fault && fault.accept === true);

/** The status that the client will see; 0 for none. */
export function shownStatus(fault: Fault, answer: Answer | null): number {
  if (fault.kind === 'status') return fault.status;
  if (fault.kind === 'drop' || fault.kind === 'hang') return 0;
  if (fault.kind === 'redirect') return 307;
  return fault.kind === 'stall' || fault.kind === 'garbage' ? 200 : (answer?.status ?? 200);
}

export interface FaultContext {
  /** The key that was sent. */
  key: string;
  /** The body that was sent, or the one of the create. */
  request: unknown;
  nowMs: number;
}

/** Answers as the fault wants it. `answer` is null when the request was not carried out. */
export function sendFault(reply: ServerResponse, fault: Replacing, answer: Answer | null, context: FaultContext): void {
  switch (fault.kind) {
    case 'status':
      return sendStatus(reply, fault, context);
    case 'drop':
      return void reply.destroy();
    case 'hang':
      if (fault.ms !== undefined) setTimeout(() => reply.destroy(), fault.ms).unref();
      return;
    case 'stall':
      return stall(reply, answer);
    case 'garbage': {
      const type = fault.body === 'html' ? 'text/html' : 'application/json';
      return sendText(reply, 200, { 'content-type': type }, garbage(fault, answer));
    }
    case 'redirect':
      return sendText(reply, 307, { location: fault.to }, '');
    case 'huge':
      return sendHuge(reply, fault.bytes);
  }
}
