/** A report as a saga: sources up, one run, its files down, and everything that was made upstream deleted. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import type { ReportInput, ReportResult } from '../contracts';
import { cleanUp, collectFiles, reasonOf } from './report-finish';
import { reasonFrom } from './reason';
import { cancelReportSignal, reportProgressQuery, reportResultQuery } from './report-messages';
import { prepareReport } from './report-prepare';
import { runReport } from './report-run';
import { enterPhase, openReport, progressOfReport, resultOfReport, showReport } from './report-state';
import type { Report, ReportEnd } from './report-state';

function requestStop(report: Report, by: 'signal' | 'temporal', reason: string): void {
  if (report.result) return;
  report.stop = { by: report.stop?.by === 'temporal' ? 'temporal' : by, reason: report.stop?.reason ?? reason };
  report.interrupt?.();
  showReport(report);
}

/** All handlers are synchronous: none can be under way when the workflow returns. */
function listen(report: Report): void {
  setHandler(cancelReportSignal, (reason) => requestStop(report, 'signal', reasonFrom(reason, 'cancelReport signal')), {
    description: 'Cancel the run upstream, delete what was uploaded, end as cancelled. Argument: an optional reason.',
  });
  setHandler(reportProgressQuery, () => progressOfReport(report), { description: 'Where the report stands.' });
  setHandler(reportResultQuery, () => report.result, { description: 'The result; null while the report runs.' });
  CancellationScope.current().cancelRequested.catch(() => requestStop(report, 'temporal', 'cancel request'));
}

/** What came of the preparation when it did not succeed: nothing has been paid then. */
function notPrepared(error: unknown): ReportEnd {
  if (isCancellation(error)) return { status: 'cancelled', error: null };
  if (!(error instanceof ActivityFailure)) throw error;
  const code = error.cause instanceof ApplicationFailure ? (error.cause.type ?? 'prepare_failed') : 'prepare_failed';
  return { status: 'rejected', error: { code, message: `${reasonOf(error)} No run was started.` } };
}

/** In a scope of its own, which a stop cancels. */
async function prepared(report: Report): Promise<ReportEnd | null> {
  if (report.stop) return { status: 'cancelled', error: null };
  const scope = new CancellationScope();
  report.interrupt = () => scope.cancel();
  try {
    const end = await scope.run(() => prepareReport(report));
    return report.stop ? { status: 'cancelled', error: null } : end;
  } catch (error) {
    // An attempt that fails after the cancel is not repeated, and its failure is not what ended the report.
    return report.stop && error instanceof ActivityFailure ? { status: 'cancelled', error: null } : notPrepared(error);
  } finally {
    report.interrupt = null;
  }
}

async function pursue(report: Report): Promise<ReportResult> {
  let end = await prepared(report);
  const { containerId, vectorStoreId, mark } = report;
  if (!end && containerId) {
    end = await runReport(report, { mark, containerId, vectorStoreId });
    const responseId = report.task?.responseId;
    if (responseId && (end.status === 'completed' || end.status === 'incomplete'))
      await collectFiles(report, responseId, containerId);
  }
  const notCleaned = await cleanUp(report);
  report.result = resultOfReport(report, end ?? { status: 'cancelled', error: null }, notCleaned);
  enterPhase(report, 'done');
  return report.result;
}

/**
 * Makes one report: uploads the sources (which lie in the store), builds a vector store and a container of them, runs
 * one `responseTask` named `<report id>/run`, saves answer and files of the run in the store, and deletes everything
 * that it made upstream, however it ended. Every outcome is a result (`ReportResult.status`); it fails only on input
 * that it cannot understand (`BadInput`). After `cancelReport` it completes as `cancelled`; after Temporal's cancel it
 * closes as Cancelled (query `reportResult`).
 *
 * Terminate runs no cleanup: files go by their expiry, the vector store after a day, the container after 20 minutes.
 */
export async function responseReport(input: ReportInput): Promise<ReportResult> {
  if (!Array.isArray(input?.sources) || input.sources.length === 0 || !Array.isArray(input.sections))
    throw ApplicationFailure.nonRetryable(
      'Expected { folder, title, sources, sections }; use startReport.',
      'BadInput',
    );
  const report = openReport(input);
  listen(report);
  showReport(report);
  // Handlers set `report.stop`; what must run to its end, above all the cleanup, is not cancelled with the workflow.
  const result = await CancellationScope.nonCancellable(() => pursue(report));
  if (report.stop?.by === 'temporal')
    throw new CancelledFailure(`The report ended as ${result.status} after the cancel request.`);
  return result;
}
