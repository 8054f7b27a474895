/** Words of an error that quote the request, as servers do that should not. Pure. */
import type { Json } from './types';

/** What was sent for other servers. */
function credentialsOf({ tools }: Json): string {
  const all = (Array.isArray(tools) ? tools : []) as { authorization?: string; headers?: Record<string, string> }[];
  return all
    .flatMap((tool) => [tool.authorization, ...Object.values(tool.headers ?? {})])
    .filter(Boolean)
    .join(' ');
}

/** `{prompt}` and `{credentials}` of the request, and `{key}`, in a text. */
export function quoted(text: string, request: unknown, key = ''): string {
  const sent = (typeof request === 'object' && request !== null ? request : {}) as Json;
  const quotes: Record<string, () => string> = {
    key: () => key,
    prompt: () => (typeof sent.input === 'string' ? sent.input : JSON.stringify(sent.input)),
    credentials: () => credentialsOf(sent),
  };
  return text.replace(/\{(key|prompt|credentials)\}/g, (_, name: string) => quotes[name]?.() ?? '');
}
