/** Who may ask. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ApiContext } from './context';
import { ApiError } from './errors';

/** The key of a request, as `Bearer` or as Azure's header. */
export function keyOf(headers: IncomingHttpHeaders): string {
  const azure = headers['api-key'];
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? (typeof azure === 'string' ? azure : '');
}

const WHERE = 'You can find your API key at https://platform.openai.com/account/api-keys.';

/** Like the API: the ends of a long key, nothing of a short one. */
function masked(key: string): string {
  return key.length < 16 ? '*'.repeat(key.length) : key.slice(0, 8) + '*'.repeat(key.length - 12) + key.slice(-4);
}

/** Any key will do unless there is a list, but for `sk-wrong...`, with which a refusal can be tried. */
function isAccepted(key: string, { keys, profile }: ApiContext): boolean {
  if (keys) return keys.includes(key);
  return profile === 'azure' ? key !== '' : key.startsWith('sk-') && !key.startsWith('sk-wrong');
}

/** @throws ApiError 401 */
export function checkKey(headers: IncomingHttpHeaders, context: ApiContext): void {
  const key = keyOf(headers);
  if (isAccepted(key, context)) return;
  const how = 'You need to provide your API key in an Authorization header using Bearer auth';
  const text =
    key === ''
      ? `You didn't provide an API key. ${how} (i.e. Authorization: Bearer YOUR_KEY). ${WHERE}`
      : `Incorrect API key provided: ${masked(key)}. ${WHERE}`;
  throw new ApiError(401, text, { code: 'invalid_api_key' });
}
