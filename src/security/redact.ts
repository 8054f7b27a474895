/** Takes credentials out of text that leaves the process (logs, errors, failures, results): known values, known forms. */
import { withoutCredentials } from './credential-forms';
import { hideValues } from './hidden-values';

const PATTERNS: [RegExp, string][] = [
  [/\b(sk|pk|rk)-[A-Za-z0-9_*-]{6,}/g, '$1-***'],
  [/\bwhsec_[A-Za-z0-9+/=]+/g, 'whsec_***'],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, '$1 ***'],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/g, '***'],
  [/\b(authorization["']?\s*[:=]\s*["']?)(?:[a-z]+\s+)?[^\s"',;]{6,}/gi, '$1***'],
  // Also as the end of a longer name: `access_token`, `MY_API_KEY`.
  [/(?<![a-z])(api[-_]?key|token|secret|password|cookie)(["']?\s*[:=]\s*["']?)[^\s"',;]{6,}/gi, '$1$2***'],
  [/(:\/\/)[^\s/@]+@/g, '$1***@'],
];

/** Messages longer than this say nothing more, and would fill histories. */
const MAX_MESSAGE_CHARS = 600;
/** The patterns look at no more: the other side may send megabytes that are made to keep them busy. */
const MAX_SEARCHED_CHARS = 5_000;

/**
 * Redacts credentials, the hidden values of this process and any of the given ones, takes out control characters, and
 * cuts to 600 characters.
 */
export function redact(text: string, values: readonly string[] = []): string {
  let clean = hideValues(text);
  for (const value of values) if (value.length >= 6) clean = clean.replaceAll(value, '***');
  clean = clean.slice(0, MAX_SEARCHED_CHARS);
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  clean = withoutCredentials(clean);
  // Line separators and marks that turn text around are in it too.
  // eslint-disable-next-line no-control-regex -- control characters are what must go: they forge log lines.
  clean = clean.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ').trim();
  return clean.length > MAX_MESSAGE_CHARS ? `${clean.slice(0, MAX_MESSAGE_CHARS)}…` : clean;
}
