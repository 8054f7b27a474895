/** The only place that talks to the OpenAI API. */
import OpenAI, { type ClientOptions } from 'openai';
import type {
  Response,
  ResponseCreateParamsNonStreaming,
  ResponseIncludable,
} from 'openai/resources/responses/responses';
import type { Answer } from '../contracts';
import { hideValuesIn, rememberKeys } from '../security/hidden-values';
import { checkedResponse, createdId, toAnswer } from './answer';
import { withinDeadline, type CallLimits } from './call-limits';
import { connectionsTo, type NetworkOptions } from './connections';
import { eventCalls, type EventCalls } from './events';
import { toFault } from './failures';
import { cappedFetch } from './fetch';
import { resourceCalls, type ResourceCalls } from './resources';

export interface UpstreamOptions extends NetworkOptions {
  apiKey: string;
  /** Default: the official address. Any server of the same contract will do. */
  baseURL?: string;
  organization?: string | null;
  project?: string | null;
  /** The whole call, body included, must end within this time. Default 60,000. */
  callDeadlineMs?: number;
  /** A stream is given up after this time without a whole line. Default 75,000: keepalives come about every 30 s. */
  streamIdleMs?: number;
  /**
   * More options of the official client, e.g. `defaultHeaders` or `defaultQuery` for Azure. With a `fetch` or a
   * `dispatcher` of your own, addresses and the proxy are yours to mind.
   */
  client?: Omit<ClientOptions, 'apiKey' | 'baseURL' | 'maxRetries' | 'logLevel'>;
}

/** The calls this package makes. Each throws what the official client throws; `toFault` classifies it. */
export interface Upstream extends ResourceCalls, EventCalls {
  /** POST; gives the id of the new response. */
  create(body: ResponseCreateParamsNonStreaming): Promise<string>;
  /** A GET of the response, with `***` for the hidden values of this process, should anything in it quote one. */
  retrieve(responseId: string, include: string[], signal?: AbortSignal): Promise<Response>;
  cancel(responseId: string): Promise<void>;
  retrieveAnswer(responseId: string, options: { include: string[]; maxOutputBytes: number }): Promise<Answer>;
  /** One cheap call that shows whether the server is there and takes the key. */
  probe(): Promise<{ ok: boolean; message: string }>;
  /** Exact values that must not appear in any message. */
  readonly secrets: readonly string[];
}

/**
 * The official client, made safe for paid runs:
 * - `maxRetries: 0`: the API knows no idempotency key, so a repeated POST is a second paid run; retries are Temporal's.
 * - redirects are refused: they would carry the prompt to another origin.
 * - one deadline over the whole call: the client's own `timeout` ends with the headers, a stalled body would hang on.
 * - an address by the rules (`baseUrlProblem`), and connections only to what it may be found at.
 * - a cap on the size of bodies, and no logging: it would print what should stay private.
 */
function officialClient(options: UpstreamOptions, deadlineMs: number): OpenAI {
  const { fetch, fetchOptions } = options.client ?? {};
  const openai = new OpenAI({
    ...options.client,
    apiKey: options.apiKey,
    baseURL: options.baseURL,
    organization: options.organization ?? null,
    project: options.project ?? null,
    maxRetries: 0,
    logLevel: 'off',
    fetch: fetch ?? cappedFetch(),
  });
  const dispatcher = connectionsTo(openai.baseURL, options, deadlineMs);
  // A dispatcher has one type in `undici` and another in the types of Node; which one is meant depends on the client.
  const init = { dispatcher, ...fetchOptions, redirect: 'error' } as ClientOptions['fetchOptions'];
  return openai.withOptions({ fetchOptions: init });
}

/** Makes the upstream of a worker. @throws OpenAIError when `apiKey` is empty; UsageError for a bad address. */
export function createUpstream(options: UpstreamOptions): Upstream {
  const deadlineMs = options.callDeadlineMs ?? 60_000;
  const openai = officialClient(options, deadlineMs);
  rememberKeys([options.apiKey]);
  const limited = <T>(call: (limits: CallLimits) => Promise<T>, signal?: AbortSignal) =>
    withinDeadline(deadlineMs, signal, call);
  const retrieve: Upstream['retrieve'] = async (responseId, include, signal) => {
    const query = include.length > 0 ? { include: include as ResponseIncludable[] } : {};
    const call = async (limits: CallLimits) => openai.responses.retrieve(responseId, query, limits);
    return checkedResponse(hideValuesIn(await limited(call, signal)), responseId);
  };
  return {
    ...resourceCalls(openai, limited),
    ...eventCalls(openai, {
      headersMs: deadlineMs,
      idleMs: options.streamIdleMs,
      fetch: options.client?.fetch,
    }),
    secrets: [options.apiKey],
    retrieve,
    create: async (body) => createdId(await limited(async (limits) => openai.responses.create(body, limits))),
    cancel: async (responseId) => void (await limited(async (limits) => openai.responses.cancel(responseId, limits))),
    retrieveAnswer: async (responseId, { include, maxOutputBytes }) =>
      toAnswer(await retrieve(responseId, include), maxOutputBytes),
    probe: () => withinDeadline(PROBE_DEADLINE_MS, undefined, (limits) => probe(openai, limits, options.apiKey)),
  };
}

/** A person waits for it. */
const PROBE_DEADLINE_MS = 5_000;

/** Asks for a response that cannot exist: a 404 of the API shows that the way, the server and the key are good. */
async function probe(openai: OpenAI, limits: CallLimits, apiKey: string) {
  try {
    await openai.responses.retrieve('resp_doctor', {}, limits);
    return { ok: true, message: 'reachable, key accepted' };
  } catch (error) {
    const fault = toFault(error, Date.now(), [apiKey]);
    if (fault.type === 'Upstream.NotFound') return { ok: true, message: 'reachable, key accepted' };
    return { ok: false, message: `${fault.type}: ${fault.message}` };
  }
}
