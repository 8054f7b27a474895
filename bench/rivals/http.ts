/** Calls of the sides that are asked over HTTP. */
export interface Call {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** @throws Error for an answer that is none. */
export async function ask<T = unknown>(url: string, { method, body, headers }: Call = {}): Promise<T> {
  const reply = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${url}: ${reply.status} ${text.slice(0, 200)}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Whether something answers there. */
export const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
