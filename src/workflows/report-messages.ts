/** Signals and queries of `responseReport`. */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { ReportProgress, ReportResult } from '../contracts';

/** Stop: the run is cancelled upstream, everything that was uploaded is deleted. */
export const cancelReportSignal = defineSignal<[reason?: string]>('cancelReport');

export const reportProgressQuery = defineQuery<ReportProgress>('reportProgress');
/** The result; also of a report that was closed as Cancelled. Null while it runs. */
export const reportResultQuery = defineQuery<ReportResult | null>('reportResult');
