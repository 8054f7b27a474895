/** What the receiver says: JSON lines on stderr, without bodies, headers or secrets. */
import type { Config } from '../config';
import { logLine } from '../log-line';

export type Level = Config['logLevel'];
export type Log = (level: Level, message: string, about?: Record<string, unknown>) => void;

const LEVELS: readonly Level[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

const toStderr = (line: string): void => void process.stderr.write(line);

/** @param least Lines below this level are left out. */
export function jsonLog(least: Level, write: (line: string) => void = toStderr): Log {
  return (level, message, about = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    write(logLine({ ...about, time: new Date().toISOString(), level, message: `webhook: ${message}` }));
  };
}
