/** What became of messages, by number. */

/** `told`: the task looks. `offered`: its id went to a task that has lost a create. The rest changes nothing. */
export type Outcome =
  | 'told'
  | 'offered'
  | 'orphan_named'
  | 'orphan_cancelled'
  | 'orphan_kept'
  | 'task_ended'
  | 'another_response'
  | 'unknown_task'
  | 'unknown_response'
  | 'unknown_event';

/** `repeated`: was taken before. `refused`: forged, too old or no message. `later`: to be sent again (503). */
export type Counted = Outcome | 'repeated' | 'refused' | 'later';

export class Counts {
  private readonly counts = new Map<Counted, number>();

  add(what: Counted): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Those that are not 0. */
  read(): Partial<Record<Counted, number>> {
    return Object.fromEntries(this.counts);
  }
}
