/** One event as one line of a log: JSON, without secrets, without what could forge another line, of bounded length. */
import { redact } from './security/redact';

/** Longer lines are cut by collectors of logs, in the middle of their JSON. */
export const MAX_LINE_BYTES = 2048;

/** What the line says of itself; the rest goes first when it is too long. */
type Line = { time: string; level: string; message: string } & Record<string, unknown>;

function shown(value: unknown): unknown {
  if (typeof value === 'string') return redact(value);
  if (value instanceof Error) return redact(value.message);
  if (typeof value === 'object' && value !== null) return redact(asJson(value));
  return typeof value === 'bigint' ? String(value) : value;
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return 'not shown';
  }
}

/** With a line end. Texts are redacted and cut to 600 characters each. */
export function logLine(line: Line): string {
  const { time, level, message, ...about } = line;
  const entries = Object.entries(about).map(([name, value]) => [redact(name), shown(value)] as const);
  for (let kept = entries.length; ; kept--) {
    const rest = Object.fromEntries(entries.slice(0, kept));
    const cut = kept < entries.length ? { cut: entries.length - kept } : {};
    const text = JSON.stringify({ time, level, message: redact(message), ...rest, ...cut });
    if (Buffer.byteLength(text) < MAX_LINE_BYTES || kept === 0) return `${text}\n`;
  }
}
