/** What the client does with reports. */
import type { ReportPlan, ReportResult } from '../contracts';
import { freshId } from '../names';
import { BatchSession } from './batch-session';
import { readReportResult, type WaitOptions } from './read';
import { startReport } from './report';
import { saveReport } from './report-save';
import { assertId, random } from './session';
import type { Started } from './start';

export class ReportSession extends BatchSession {
  /**
   * Starts a report. Its sources are copied into the store, so the files may change afterwards. The same `id` joins.
   * @throws UsageError when the plan is not valid or a source cannot be read: nothing was started.
   */
  async startReport(plan: ReportPlan, options: { id?: string } = {}): Promise<Started> {
    const id = assertId(options.id ?? freshId('report', plan.model ?? 'o3', new Date(), random()));
    return startReport(this.context, plan, { id, random: random() });
  }

  /** Waits for a report's end. @throws as `result`. */
  async reportResult(id: string, options: WaitOptions = {}): Promise<ReportResult> {
    return this.wherever((client, wait) => readReportResult(client, assertId(id), wait), options);
  }

  /**
   * Waits for a report's end and writes `report.md`, `report.html` and the files of the run into the folder
   * `directory`, which is made. Files of these names are replaced. Gives the paths.
   * @throws UsageError when there is no answer, or the store does not have it; UnwrittenFileError when a file cannot be
   * written; else as `result`.
   */
  async saveReport(id: string, directory: string, options: WaitOptions = {}): Promise<string[]> {
    return saveReport(this.store, await this.reportResult(id, options), directory);
  }
}
