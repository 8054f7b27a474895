/** What really happened, for tests to judge by. */
import { stopsAtMs } from './lifecycle';
import { metadataOf } from './scenarios';
import type { StreamLog, StreamRow } from './stream-log';
import type { WebhookLog, WebhookRow } from './webhook-log';
import type { StoredContainer, StoredFile, StoredResponse, StoredVectorStore } from './types';

export interface CreateRow {
  id: string;
  at: number;
  /** When it ended or will end by its script, or was cancelled; null: never. */
  endedAt: number | null;
  metadata: Record<string, string>;
  request: Record<string, unknown>;
}

/** One row for every request, refused and dropped ones too. */
export interface CallRow {
  op: string;
  /** Of the response, file or container that is meant or was made. */
  id: string | null;
  at: number;
  /** 0 where no answer was sent. */
  status: number;
  /** `metadata.task_id` of the response, where known. */
  task: string | null;
  /** Whether a rule of the fault plan decided. */
  faulted: boolean;
  /** The official client says with which retry of its own it comes; 0 is the first try. */
  retryCount: number;
}

export interface FileRow {
  id: string;
  filename: string;
  bytes: number;
  at: number;
  deletedAt: number | null;
}

export interface ContainerRow {
  id: string;
  at: number;
  deletedAt: number | null;
}

export interface VectorStoreRow extends ContainerRow {
  name: string | null;
}

export interface Ledger {
  /** Every response that was made, whether or not its answer arrived: what would be paid. */
  creates: CreateRow[];
  calls: CallRow[];
  cancels: { id: string; at: number; status: number }[];
  deletes: { id: string; at: number; status: number }[];
  streams: StreamRow[];
  /** Every webhook whose moment has come. */
  webhooks: WebhookRow[];
  files: FileRow[];
  containers: ContainerRow[];
  vectorStores: VectorStoreRow[];
}

interface Kept {
  responses: ReadonlyMap<string, StoredResponse>;
  calls: readonly CallRow[];
  streams: StreamLog;
  webhooks: WebhookLog;
  files: ReadonlyMap<string, StoredFile>;
  containers: ReadonlyMap<string, StoredContainer>;
  vectorStores: ReadonlyMap<string, StoredVectorStore>;
}

function createRow(response: StoredResponse): CreateRow {
  const { id, createdAtMs, request } = response;
  const endsMs = stopsAtMs(response);
  return { id, at: createdAtMs, endedAt: endsMs === Infinity ? null : endsMs, metadata: metadataOf(request), request };
}

const lifeOf = ({ createdAtMs, deletedAtMs }: { createdAtMs: number; deletedAtMs: number | null }) => ({
  at: createdAtMs,
  deletedAt: deletedAtMs,
});

/** The ledger of everything that is kept. */
export function ledgerOf({ responses, calls, streams, webhooks, files, containers, vectorStores }: Kept): Ledger {
  const rowsOf = (op: string) =>
    calls.filter((row) => row.op === op).map(({ id, at, status }) => ({ id: id ?? '', at, status }));
  return {
    creates: [...responses.values()].map(createRow),
    calls: [...calls],
    cancels: rowsOf('cancel'),
    deletes: rowsOf('delete'),
    streams: streams.rows.map((row) => ({ ...row })),
    webhooks: [...webhooks.rows.values()],
    files: [...files.values()].map((file) => {
      return { id: file.id, filename: file.filename, bytes: file.bytes, ...lifeOf(file) };
    }),
    containers: [...containers.values()].map((one) => ({ id: one.id, ...lifeOf(one) })),
    vectorStores: [...vectorStores.values()].map((one) => ({ id: one.id, name: one.name, ...lifeOf(one) })),
  };
}
