/** Crash points in the calls of upstream. */
import type { Crash } from './crash';

type Kind = 'create' | 'cancel' | 'retrieve' | 'stream' | 'other';

/** As the official client calls it: with a text for an address, and a text for a body. */
function kindOf(url: URL, method: string): Kind {
  const [, id, verb] = /\/responses(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
  if (method === 'POST') {
    if (verb === 'cancel') return 'cancel';
    return url.pathname.endsWith('/responses') ? 'create' : 'other';
  }
  if (id === undefined || verb !== undefined) return 'other';
  return url.searchParams.get('stream') === 'true' ? 'stream' : 'retrieve';
}

const ENDED = ['completed', 'failed', 'incomplete', 'cancelled'];

async function isEnd(reply: Response): Promise<boolean> {
  const { status } = (await reply.clone().json()) as { status?: string };
  return ENDED.includes(status ?? '');
}

/** Each piece of a stream is a moment. */
function noted(reply: Response, note: () => void): Response {
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      note();
      controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers, body } = reply;
  return new Response(body?.pipeThrough(watch) ?? null, { status, statusText, headers });
}

const isStream = ({ headers }: Response): boolean => (headers.get('content-type') ?? '').includes('event-stream');

/** A `fetch` that dies where it was asked to. */
export function crashingFetch(base: typeof fetch, crash: Crash): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const kind = kindOf(url, init?.method?.toUpperCase() ?? 'GET');
    if (kind === 'create') crash.reached('create-unsent');
    if (kind === 'cancel') crash.reached('cancel-unsent');
    const replying = base(input, init);
    if (kind === 'create') crash.reached('create-sent');
    const reply = await replying;
    if (isStream(reply)) return noted(reply, () => crash.reached(kind === 'create' ? 'create-event' : 'stream-event'));
    if (kind === 'create') crash.reached('create-replied');
    if (kind === 'cancel') crash.reached('cancel-replied');
    if (kind === 'retrieve' && reply.ok && (await isEnd(reply))) crash.reached('output-fetched');
    return reply;
  };
}
