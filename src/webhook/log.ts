/** What the receiver says: JSON lines on stderr, without bodies, headers or secrets. */
import type { Config } from '../config';
import { redact } from '../security/redact';

export type Level = Config['logLevel'];
export type Log = (level: Level, message: string, about?: Record<string, unknown>) => void;

const LEVELS: readonly Level[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

const shown = (value: unknown): unknown => (typeof value === 'string' ? redact(value) : value);

/** @param least Lines below this level are left out. */
export function jsonLog(least: Level, write = (line: string) => void process.stderr.write(line)): Log {
  return (level, message, about = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    const rest = Object.entries(about).map(([name, value]) => [name, shown(value)] as const);
    const line = { time: new Date().toISOString(), level, message: `webhook: ${message}`, ...Object.fromEntries(rest) };
    write(`${JSON.stringify(line)}\n`);
  };
}
