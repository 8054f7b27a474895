/** Emulators with a clock that stands still until it is told to move; all are closed after each test. */
import OpenAI, { APIError } from 'openai';
import type { ResponseCreateParamsNonStreaming } from 'openai/resources/responses/responses';
import { startEmulator, type Emulator, type EmulatorOptions } from '../../emulator';
import { closeAfterTest } from './leftovers';

/** When the clock of every test begins. */
export const START_MS = Date.UTC(2026, 0, 1);

export interface Emulated {
  emulator: Emulator;
  client: OpenAI;
  /** Moves the clock to this many seconds after the start. */
  at: (seconds: number) => void;
  /** Creates a background response and gives its id. */
  create: (fields?: Record<string, unknown>) => Promise<string>;
  /** A request as a program would write it: with any body at all. */
  raw: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>;
}

const rawOn =
  (url: string): Emulated['raw'] =>
  (method, path, body, headers = {}) =>
    fetch(`${url}${path}`, {
      method,
      headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });

/** Starts an emulator for one test. */
export async function emulated(options: EmulatorOptions = {}): Promise<Emulated> {
  let nowMs = START_MS;
  const emulator = await startEmulator({ clock: { now: () => nowMs }, ...options });
  closeAfterTest(() => emulator.close());
  const client = new OpenAI({ baseURL: emulator.url, apiKey: 'sk-test', maxRetries: 0, logLevel: 'off' });
  return {
    emulator,
    client,
    at: (seconds) => void (nowMs = START_MS + seconds * 1000),
    create: async (fields = {}) => {
      const body = { model: 'o3', input: 'Why do otters hold hands?', background: true, ...fields };
      return (await client.responses.create(body as ResponseCreateParamsNonStreaming)).id;
    },
    raw: rawOn(emulator.url),
  };
}

/** What the official client throws. */
export async function thrown(call: Promise<unknown>): Promise<APIError> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (error instanceof APIError) return error;
  throw new Error('The call was not refused.');
}
