/** What really happened, for tests to judge by. */

export interface CreateRow {
  id: string;
  at: number;
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

export type VectorStoreRow = ContainerRow;

export interface Ledger {
  /** Every response that was made, whether or not its answer arrived: what would be paid. */
  creates: CreateRow[];
  calls: CallRow[];
  cancels: { id: string; at: number; status: number }[];
  deletes: { id: string; at: number; status: number }[];
  files: FileRow[];
  containers: ContainerRow[];
  vectorStores: VectorStoreRow[];
}
