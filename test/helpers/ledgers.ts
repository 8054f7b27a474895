/** Ledgers and results of tasks, for tests of what judges them. */
import type { Ledger } from '../../emulator';
import type { TaskResult } from '../../src/contracts';
import type { TaskEnd } from '../../chaos/checks/evidence';

export const aLedger = (fields: Partial<Ledger> = {}): Ledger => ({
  creates: [],
  calls: [],
  cancels: [],
  deletes: [],
  streams: [],
  webhooks: [],
  files: [],
  containers: [],
  vectorStores: [],
  ...fields,
});

/** A run of ten seconds. */
export const aCreate = (id: string, task: string, attempt = 1, at = 0): Ledger['creates'][number] => {
  const metadata = { task_id: task, attempt: String(attempt) };
  return { id, at, endedAt: at + 10_000, metadata, request: { model: 'o3', input: 'x', metadata } };
};

export const aCall = (fields: Partial<Ledger['calls'][number]> = {}): Ledger['calls'][number] => ({
  op: 'retrieve',
  id: 'a',
  at: 0,
  status: 200,
  task: 't',
  faulted: false,
  retryCount: 0,
  ...fields,
});

/** The result of a task that completed. */
export const aTaskResult = (fields: Partial<TaskResult> = {}): TaskResult => ({
  taskId: 't',
  status: 'completed',
  responseId: 'a',
  model: 'o3',
  outputText: 'An answer.',
  output: [],
  outputOmitted: false,
  answerKey: null,
  error: null,
  incompleteReason: null,
  usage: null,
  timings: { created: null, started: null, finished: null, detected: null },
  polls: 2,
  creates: 1,
  watched: { mode: 'poll', fallbacks: [] },
  retries: [],
  possibleOrphans: [],
  unknownStatuses: {},
  cancelReason: null,
  notCleaned: [],
  ...fields,
});

export const anEnd = (fields: Partial<TaskResult> = {}, execution = 'COMPLETED'): TaskEnd => ({
  taskId: fields.taskId ?? 't',
  execution,
  result: aTaskResult(fields),
});

export const anOrphan = (taskId: string, attempt: number, responseId?: string) => ({
  taskId,
  attempt,
  at: '',
  reason: '',
  responseId,
});
