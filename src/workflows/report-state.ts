/** What the workflow of a report knows, and how it shows it. */
import { setCurrentDetails, uuid4, workflowInfo } from '@temporalio/workflow';
import type {
  ReportArtifact,
  ReportInput,
  ReportPhase,
  ReportProgress,
  ReportResult,
  TaskError,
  TaskOutcome,
  TaskResult,
} from '../contracts';

export interface Report {
  readonly reportId: string;
  readonly input: ReportInput;
  /** In the name of everything that is made upstream. */
  readonly mark: string;
  readonly startedAtMs: number;
  phase: ReportPhase;
  /** In the order of the sources. */
  fileIds: string[];
  vectorStoreId: string | null;
  containerId: string | null;
  /** Set when the run was started. */
  taskId: string | null;
  task: TaskResult | null;
  answerKey: string | null;
  artifacts: ReportArtifact[];
  missing: string[];
  stop: { by: 'signal' | 'temporal'; reason: string } | null;
  /** Ends what is under way and may be interrupted. */
  interrupt: (() => void) | null;
  result: ReportResult | null;
}

export interface ReportEnd {
  status: TaskOutcome;
  error: TaskError | null;
}

export function openReport(input: ReportInput): Report {
  return {
    reportId: workflowInfo().workflowId,
    input,
    mark: `report-${uuid4().replace(/-/g, '').slice(0, 12)}`,
    startedAtMs: Date.now(),
    phase: 'uploading',
    fileIds: [],
    vectorStoreId: null,
    containerId: null,
    taskId: null,
    task: null,
    answerKey: null,
    artifacts: [],
    missing: [],
    stop: null,
    interrupt: null,
    result: null,
  };
}

export const progressOfReport = (report: Report): ReportProgress => ({
  reportId: report.reportId,
  phase: report.phase,
  sources: report.input.sources.length,
  uploaded: report.fileIds.length,
  taskId: report.taskId,
  artifacts: report.artifacts.length,
  missing: report.missing,
  startedAt: new Date(report.startedAtMs).toISOString(),
  cancelReason: report.stop?.reason ?? null,
});

export function resultOfReport(report: Report, { status, error }: ReportEnd, notCleaned: string[]): ReportResult {
  const { task, input, reportId, answerKey, artifacts, missing, taskId } = report;
  return {
    reportId,
    status,
    title: input.title,
    mark: report.mark,
    error,
    taskId,
    responseId: task?.responseId ?? null,
    model: task?.model ?? null,
    usage: task?.usage ?? null,
    answerKey,
    sources: input.sources.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
    artifacts,
    missing,
    possibleOrphans: task?.possibleOrphans ?? [],
    notCleaned: [...(task?.notCleaned ?? []), ...notCleaned],
    cancelReason: report.stop?.reason ?? null,
    startedAt: new Date(report.startedAtMs).toISOString(),
    endedAt: new Date(Date.now()).toISOString(),
  };
}

const PHASES: Record<ReportPhase, string> = {
  uploading: 'sources are uploaded',
  indexing: 'the vector store is built',
  running: 'the run is under way',
  collecting: 'files of the run are saved',
  cleaning: 'what was uploaded is deleted',
  done: 'done',
};

/** Current Details in markdown. Costs no event. */
export function showReport(report: Report): void {
  const { phase, input, fileIds, taskId, artifacts, missing, stop, result } = report;
  const lines = [
    `**${result?.status ?? PHASES[phase]}**`,
    '',
    `- sources uploaded: ${fileIds.length} of ${input.sources.length}`,
    ...(taskId ? [`- run: \`${taskId}\``] : []),
    ...(artifacts.length > 0 ? [`- files saved: ${artifacts.length}`] : []),
    ...(result?.error ? [`- error: \`${result.error.code}\` ${result.error.message}`] : []),
    ...missing.map((what) => `- missing: ${what}`),
    ...(result?.notCleaned ?? []).map((what) => `- not deleted: ${what}`),
    ...(stop ? [`- cancel asked for: ${stop.reason}`] : []),
    ...(result ? [] : ['- to stop it: send the signal `cancelReport`, or Request Cancellation']),
  ];
  setCurrentDetails(lines.join('\n'));
}

export function enterPhase(report: Report, phase: ReportPhase): void {
  report.phase = phase;
  showReport(report);
}
