/** What every side of the comparison can do, whatever it is made of. */
import type { Ledger } from '../../emulator';

export type RunRequest = { model: string; input: string; metadata: Record<string, string> };

/** Null where the side has no answer and will have none. */
export interface Answer {
  text: string | null;
  /** By the side's own words. */
  status: string;
  /** Creates that it says may have been made besides. */
  named: number;
  /** When the end was seen, where the side says so. */
  seenMs?: number;
}

export const NO_ANSWER: Answer = { text: null, status: 'lost', named: 0 };

export type PidNow = () => number | undefined | Promise<number | undefined>;

/** A side that is up, with an upstream of its own. */
export interface Session {
  /** Returns when the run is accepted: from now on it is the side's business. */
  start(id: string, request: RunRequest): Promise<void>;
  /** Waits for it. */
  answer(id: string): Promise<Answer>;
  cancel(id: string): Promise<void>;
  status(id: string): Promise<string>;
  /** kill -9 for what does the work. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** What the engine keeps of a run: events of its history, entries of its journal, steps. */
  eventsOf?(id: string): Promise<number>;
  /** The numbers of the processes that it is made of, as they are now. */
  pids?: readonly PidNow[];
}

export interface Upstream {
  /** Base URL of the API. */
  url: string;
  ledger(): Promise<Ledger>;
  /** By the id of the response. */
  statuses(): Promise<Record<string, string>>;
  setFaults(rules: unknown[]): Promise<void>;
}

/** Where a side keeps its files, and what it talks to. */
export interface Place {
  folder: string;
  upstream: Upstream;
  /** At the end, the last first; also when the side could not be opened. */
  onClose: (close: () => Promise<unknown>) => void;
}

export interface Side {
  name: string;
  /** As the table has it. */
  label: string;
  /** @throws Error saying why it cannot be had. */
  open(place: Place): Promise<Session>;
}
