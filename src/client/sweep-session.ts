/** What the client does about responses and blobs that nobody waits for. */
import type { Bounds } from './closed-tasks';
import { collectStorage, type GarbageOptions, type GarbageReport } from './garbage';
import { findOrphans, type OrphanReport } from './orphans';
import { ReportSession } from './report-session';
import { sweep, type SweepReport } from './sweep';

export class SweepSession extends ReportSession {
  /**
   * What tasks have left running upstream that were terminated, timed out as workflows, or failed: no cleanup ran. A look
   * only, unless `cancel` is true. Reads histories, so it needs no worker; a moment behind.
   *
   * @throws UsageError for bounds that are not valid; UnreachableError when upstream is an emulator that does not run.
   */
  async sweep({ cancel = false, ...bounds }: Bounds & { cancel?: boolean } = {}): Promise<SweepReport> {
    return sweep(this.temporal, await this.upstream(), { cancel, ...bounds });
  }

  /**
   * Creates that were answered to nobody (`possibleOrphans`), and what is known of each. A response has an id here when a
   * webhook has named it. Of tasks that run a worker must tell.
   *
   * @throws UsageError for bounds that are not valid.
   */
  async orphans(bounds: Bounds = {}): Promise<OrphanReport> {
    return findOrphans(this.temporal, () => this.upstream(), bounds);
  }

  /**
   * Deletes what the store has of runs that the server no longer knows. Never what belongs to a run that is open or kept
   * (by its id), nothing that was written while such a run was open, and nothing younger than the retention and a day. A
   * store belongs to one namespace of one server: this would take what is another server's for garbage.
   *
   * @throws UsageError when `olderThanDays` is less than that.
   */
  async collectGarbage(options: GarbageOptions = {}): Promise<GarbageReport> {
    return collectStorage(this.temporal, this.store, options);
  }
}
