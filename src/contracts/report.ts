/** A report: sources in, one long answer with its files out; what was uploaded for it is deleted again. */
import type { PossibleOrphan, TaskError, TaskOptions, TaskOutcome, TaskResult } from './task';

/** A file that the report is made from, on the machine of whoever starts it. */
export interface ReportSource {
  path: string;
}

/** How the run of a report is made. `maxWaitSeconds` (default 3600, at most three days) is for the run alone. */
export type ReportOptions = Pick<
  TaskOptions,
  | 'pollIntervalsSeconds'
  | 'inlineWaitSeconds'
  | 'maxWaitSeconds'
  | 'maxQueuedSeconds'
  | 'onAmbiguousCreate'
  | 'priority'
  | 'tenant'
  | 'labels'
  | 'retryOn'
>;

/** All that the API has. Which of them a model takes, it says itself. */
export const REPORT_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type ReportEffort = (typeof REPORT_EFFORTS)[number];

/** What `startReport` takes. */
export interface ReportPlan {
  title: string;
  /** 1 to 20 files with different names. */
  sources: ReportSource[];
  /** Default `o3`. */
  model?: string;
  /** Titles, in their order. Default: the six of `REPORT_SECTIONS`. */
  sections?: string[];
  /** What else the model should know. */
  instructions?: string;
  /** `reasoning.effort` of the request. Default `high`. */
  reasoningEffort?: ReportEffort;
  /** Metadata of the response, as the API has it. */
  metadata?: Record<string, string>;
  options?: ReportOptions;
}

export const REPORT_SECTIONS = [
  'Executive summary',
  'Market analysis with current trends',
  'Competitive landscape',
  'Financial projections',
  'Risk assessment',
  'Strategic recommendations',
] as const;

/** A source as the store has it. */
export interface StoredSource {
  name: string;
  sizeBytes: number;
  key: string;
  /** Whether file search takes files of this type. */
  searchable: boolean;
}

/** The input of the `responseReport` workflow; the sources themselves are in the store. */
export interface ReportInput {
  /** Where they are, and where answer and artifacts go. */
  folder: string;
  title: string;
  sources: StoredSource[];
  model: string;
  sections: string[];
  instructions: string | null;
  reasoningEffort: ReportEffort;
  metadata: Record<string, string>;
  options: ReportOptions;
}

/** A file that the code interpreter made, and the store has now. */
export interface ReportArtifact {
  /** As the container has it: any text. */
  name: string;
  sizeBytes: number;
  sha256: string;
  key: string;
}

/** What `responseReport` returns. */
export interface ReportResult {
  reportId: string;
  /** How the run ended; `rejected` or `cancelled` also when it never began. */
  status: TaskOutcome;
  title: string;
  /** In the name of everything that the report made upstream. */
  mark: string;
  error: TaskError | null;
  /** The workflow of the run; null when it never began. */
  taskId: string | null;
  responseId: string | null;
  model: string | null;
  usage: TaskResult['usage'];
  /** Where the store has the answer; null when there is none. */
  answerKey: string | null;
  sources: Pick<StoredSource, 'name' | 'sizeBytes'>[];
  artifacts: ReportArtifact[];
  /** What the report lacks, in words: sources that were not indexed, files that could not be saved, sections. */
  missing: string[];
  possibleOrphans: PossibleOrphan[];
  /** What should have been deleted upstream and could not be, in words. */
  notCleaned: string[];
  cancelReason: string | null;
  startedAt: string;
  endedAt: string;
}

export type ReportPhase = 'uploading' | 'indexing' | 'running' | 'collecting' | 'cleaning' | 'done';

/** The answer of the `reportProgress` query. */
export interface ReportProgress {
  reportId: string;
  phase: ReportPhase;
  sources: number;
  uploaded: number;
  taskId: string | null;
  artifacts: number;
  missing: string[];
  startedAt: string;
  cancelReason: string | null;
}

/** Heartbeated and retried by the engine: twice uploaded is found by its mark and deleted. */
export interface UploadSourceInput {
  source: StoredSource;
  mark: string;
  /** Upstream deletes the file by itself after this time, should we never come to it. */
  expiresAfterSeconds: number;
}

export interface IndexInput {
  vectorStoreId: string;
  /** Looks for so long before it comes back. */
  visitSeconds: number;
}

export interface IndexReport {
  done: boolean;
  /** Files that were not indexed. */
  failed: { fileId: string; reason: string }[];
}

export interface FoundArtifact {
  containerId: string;
  fileId: string;
  name: string;
}

export interface CollectReport {
  artifacts: FoundArtifact[];
  missing: string[];
}

export interface CleanUpReportInput {
  mark: string;
  /** Nothing older was made by this report. ISO 8601. */
  since: string;
  fileIds: string[];
  vectorStoreId: string | null;
  containerId: string | null;
}
