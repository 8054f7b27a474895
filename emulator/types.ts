/** What the emulator keeps and tells. Times are milliseconds since the epoch, by the emulator's clock. */

export type Json = Record<string, unknown>;

/** How a response lives: its statuses one after the other, then the ending. */
export interface Script {
  scenario: string;
  phases: { status: string; seconds: number }[];
  ending: Ending;
  /** It is stuck: its end is for show. */
  isEndless: boolean;
  /** After a cancel it ends as scripted all the same. */
  lateCompletion: boolean;
}

export type Ending =
  | { status: 'completed' }
  | { status: 'failed'; code: string; message: string }
  | { status: 'incomplete'; reason: 'max_output_tokens' | 'content_filter' };

/** Durations of runs that do not script their own. */
export interface Pace {
  /** Scripted durations are divided by this. */
  timeScale: number;
  queuedSeconds?: number;
  runSeconds?: number;
}

/** An uploaded file as a response remembers it; the answer names it even after the file was deleted. */
export interface FileNote {
  id: string;
  filename: string;
  bytes: number;
}

/** A file that a search found, and the beginning of its text. */
export interface FoundFile extends FileNote {
  text: string;
}

/** What the journal keeps of a create; the rest follows from it. */
export interface CreatedResponse {
  id: string;
  createdAtMs: number;
  request: Json;
  pace?: Pace;
  files?: FileNote[];
  /** Where its code interpreter runs. */
  containerId?: string;
  /** What its file search finds; without a search in a vector store there is no list. */
  found?: FoundFile[];
}

/** A response; everything else about it is computed from this and the time. */
export interface StoredResponse extends CreatedResponse {
  script: Script;
  files: FileNote[];
  cancelledAtMs: number | null;
  deletedAtMs: number | null;
  /** The time of the latest event that a reader was told of: no cancel comes before it. Not kept. */
  toldUntilMs?: number;
}

export interface StoredFile extends FileNote {
  purpose: string;
  createdAtMs: number;
  expiresAtMs: number | null;
  /** Base64. */
  content: string;
  deletedAtMs: number | null;
}

export interface VectorStoreFile extends FileNote {
  addedAtMs: number;
  /** When it is indexed, or has failed. */
  readyAtMs: number;
  error: { code: string; message: string } | null;
}

/** Files that were put into a vector store with one request. */
export interface VectorStoreBatch {
  id: string;
  createdAtMs: number;
  fileIds: string[];
}

export interface StoredVectorStore {
  id: string;
  name: string | null;
  metadata: Record<string, string>;
  createdAtMs: number;
  lastUsedAtMs: number;
  /** After the last use. */
  expiresDays: number | null;
  /** By their ids. */
  files: Map<string, VectorStoreFile>;
  batches: Map<string, VectorStoreBatch>;
  deletedAtMs: number | null;
}

export interface StoredContainer {
  id: string;
  name: string;
  createdAtMs: number;
  lastUsedAtMs: number;
  idleMinutes: number;
  memoryLimit: string;
  deletedAtMs: number | null;
  /** Files that were put into it; those that runs made follow from the responses. */
  uploads: ContainerUpload[];
  /** Runs that use it. */
  responseIds: string[];
  deletedFileIds: Set<string>;
}

export interface ContainerUpload {
  id: string;
  path: string;
  createdAtMs: number;
  /** Base64. */
  content: string;
}
