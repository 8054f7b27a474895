/** What goes wrong at upstream, by the emulator's own rules. Each has a name for the table. */
import type { FaultRule } from '../../emulator';

type Op = FaultRule['op'];

const refused = (op: Op, status: number, headers: Record<string, string> = {}): FaultRule => ({
  op,
  do: { kind: 'status', status, headers },
});

const LIMITED: Record<string, FaultRule> = {
  '429, Retry-After 2': refused('create', 429, { 'retry-after': '2' }),
  '429, Retry-After a date': refused('retrieve', 429, { 'retry-after': '{date+3}' }),
  '429, Retry-After -5': refused('retrieve', 429, { 'retry-after': '-5' }),
  '429, Retry-After 1e9 (60 s)': refused('create', 429, { 'retry-after': '1000000000' }),
  '429, Retry-After NaN': refused('create', 429, { 'retry-after': 'NaN' }),
  '429, retry-after-ms 1500': refused('retrieve', 429, { 'retry-after-ms': '1500' }),
  '429 to a cancel': refused('cancel', 429, { 'retry-after': '1' }),
};

const BROKEN: Record<string, FaultRule> = {
  '500 to a create': refused('create', 500),
  '502 in HTML to a create': { op: 'create', do: { kind: 'status', status: 502, body: 'html' } },
  '503 to a look': refused('retrieve', 503),
  '504 without a body to a look': { op: 'retrieve', do: { kind: 'status', status: 504, body: 'empty' } },
  '500 to a cancel': refused('cancel', 500),
  '409 to a create': refused('create', 409),
  '408 to a look': refused('retrieve', 408),
  'an error that quotes the key': {
    op: 'retrieve',
    do: { kind: 'status', status: 503, message: 'busy with {credentials} of {key}' },
  },
  '404 just after the create': { op: 'retrieve', do: { kind: 'not_found', forSeconds: 3 } },
  'redirected look': { op: 'retrieve', do: { kind: 'redirect', to: 'http://127.0.0.1:9/v1/responses/resp_x' } },
};

const CUT: Record<string, FaultRule> = {
  'create lost on its way': { op: 'create', do: { kind: 'drop' } },
  'create accepted, reply lost': { op: 'create', do: { kind: 'drop', accept: true } },
  'create accepted, reply hangs': { op: 'create', do: { kind: 'hang', accept: true, ms: 4000 } },
  'create accepted, reply late': { op: 'create', do: { kind: 'delay', ms: 2500 } },
  'create accepted, garbage': { op: 'create', do: { kind: 'garbage', accept: true, body: 'html' } },
  'look reset': { op: 'retrieve', do: { kind: 'drop' } },
  'look hangs': { op: 'retrieve', do: { kind: 'hang', ms: 4000 } },
  'look late': { op: 'retrieve', do: { kind: 'late', ms: 1500 } },
  'cancel done, reply lost': { op: 'cancel', do: { kind: 'drop', accept: true } },
};

const GARBAGE: Record<string, FaultRule> = Object.fromEntries(
  (['html', 'null', 'array', 'cut', 'wrong_types', 'no_output', 'no_status'] as const).map((body) => [
    `garbage to a look: ${body}`,
    { op: 'retrieve', do: { kind: 'garbage', body } },
  ]),
);

const REGRESSED: Record<string, FaultRule> = {
  'completed, then in progress': { op: 'retrieve', do: { kind: 'regress' } },
};

/** The first events are `created`, `queued`, `in_progress`; every answer has more than ten. */
const STREAMS: Record<string, FaultRule> = {
  'stream cut': { op: 'stream', do: { kind: 'stream_cut', after: 6 } },
  'stream of a create cut': { op: 'create', do: { kind: 'stream_cut', after: 0 } },
  'stream cut within an event': { op: 'stream', do: { kind: 'stream_cut_at_byte', bytes: 700 } },
  'stream ends early': { op: 'stream', do: { kind: 'stream_end' } },
  'event twice': { op: 'stream', do: { kind: 'stream_duplicate', event: 7 } },
  'event missing': { op: 'stream', do: { kind: 'stream_gap', event: 7 } },
  'events in another order': { op: 'stream', do: { kind: 'stream_reorder', event: 6 } },
  'numbers begin again': { op: 'stream', do: { kind: 'stream_renumber', event: 6 } },
  'error event': { op: 'stream', do: { kind: 'stream_error', after: 6, form: 'nested' } },
  'stream in drops': { op: 'stream', do: { kind: 'stream_drip', bytes: 400, everyMs: 50 } },
  'bad JSON in a stream': { op: 'stream', do: { kind: 'stream_insert', after: 6, what: 'bad_json' } },
  '[DONE] in a stream': { op: 'stream', do: { kind: 'stream_insert', after: 6, what: 'done' } },
  'stream with CR LF': { op: 'stream', do: { kind: 'stream_crlf' } },
  'stream refused': refused('stream', 400),
};

const WEBHOOKS: Record<string, FaultRule> = {
  'webhook lost': { op: 'webhook', do: { kind: 'webhook_lost' } },
  'webhook four times': { op: 'webhook', do: { kind: 'webhook_duplicate', times: 3 } },
  'webhook late': { op: 'webhook', do: { kind: 'webhook_delay', seconds: 4 } },
  'webhooks in another order': { op: 'webhook', do: { kind: 'webhook_reorder' } },
  'webhook forged': { op: 'webhook', do: { kind: 'webhook_forged' } },
  'webhook of another time': { op: 'webhook', do: { kind: 'webhook_timestamp', seconds: -400 } },
  'webhook garbage': { op: 'webhook', do: { kind: 'webhook_garbage', body: 'wrong_types' } },
  'webhook of nobody': { op: 'webhook', do: { kind: 'webhook_garbage', body: 'unknown_response' } },
};

export const UPSTREAM_FAULTS: Readonly<Record<string, FaultRule>> = {
  ...LIMITED,
  ...BROKEN,
  ...CUT,
  ...GARBAGE,
  ...REGRESSED,
  ...STREAMS,
  ...WEBHOOKS,
};
