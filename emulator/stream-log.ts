/** Every stream that was opened, and how it ended. */

export interface StreamRow {
  /** How it was asked for. */
  op: 'create' | 'stream';
  /** Of the response. */
  id: string;
  /** `metadata.task_id` of the response. */
  task: string | null;
  at: number;
  /** The number of the last event that the reader had; null for none. */
  startingAfter: number | null;
  /** Events that were sent to it, whole. */
  events: number;
  /** The number of the last one of them. */
  last: number | null;
  /**
   * `done`: all was sent. `left`: the reader hung up. `cut`: the connection was cut, by a fault or with the emulator.
   * `short`: a fault ended it in good order before all was sent.
   */
  outcome: 'open' | 'done' | 'left' | 'cut' | 'short';
  endedAt: number | null;
  /** Whether a fault of the plan has shown. */
  faulted: boolean;
}

export type StreamEnd = Pick<StreamRow, 'events' | 'last' | 'outcome' | 'endedAt' | 'faulted'>;

export type StreamEntry =
  | { kind: 'stream_opened'; row: Pick<StreamRow, 'op' | 'id' | 'task' | 'at' | 'startingAfter'> }
  | { kind: 'stream_ended'; index: number; end: StreamEnd };

export class StreamLog {
  readonly rows: StreamRow[] = [];

  apply(entry: StreamEntry): void {
    if (entry.kind === 'stream_opened') {
      this.rows.push({ ...entry.row, events: 0, last: null, outcome: 'open', endedAt: null, faulted: false });
    } else {
      Object.assign(this.rows[entry.index] ?? {}, entry.end);
    }
  }

  /** After a restart: what was open was cut, and how much was sent is not known. */
  cutOpen(): void {
    for (const row of this.rows) if (row.outcome === 'open') row.outcome = 'cut';
  }
}
