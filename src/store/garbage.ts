/** What may be deleted from a store. Pure but for the listing and the deletion, so that a test can set every clock. */
import type { BlobStore } from '.';
import { KINDS, segmentOf, unitOf, type Unit } from './places';

/** A run that the server has, open or closed. */
export interface KnownRun {
  workflowId: string;
  startedMs: number;
  /** Null while it is open. */
  closedMs: number | null;
  /** True where it is known to read nothing but what is its own. */
  keepsToItself: boolean;
}

/** What is kept or deleted as a whole: the files of one start, or the payloads of one workflow. */
export interface StoredUnit {
  folder: string;
  blobs: number;
  sizeBytes: number;
  /** When its last blob was written. */
  writtenAt: string;
}

export interface GarbageReport {
  /** What was, or would be, deleted. */
  garbage: StoredUnit[];
  /** False for a look only. */
  deleted: boolean;
  kept: { units: number; blobs: number; sizeBytes: number };
}

export interface GarbageOptions {
  namespace: string;
  /** All runs of the namespace: they were listed before this is called. */
  runs: Iterable<KnownRun>;
  nowMs: number;
  /** What was written later is kept, whatever else is known. */
  youngestMs: number;
  remove: boolean;
}

/** The clocks of a server, a bucket and a machine are never further apart, and a blob is written before it is told of. */
export const SLACK_MS = 3_600_000;

interface Found extends Unit {
  keys: string[];
  sizeBytes: number;
  firstMs: number;
  lastMs: number;
}

async function findUnits(store: BlobStore, namespace: string): Promise<Found[]> {
  const units = new Map<string, Found>();
  for (const kind of KINDS) {
    for await (const { key, sizeBytes, writtenMs } of store.entries(`${kind}/`)) {
      const unit = unitOf(key, namespace);
      if (!unit) continue;
      const found = units.get(unit.folder) ?? { ...unit, keys: [], sizeBytes: 0, firstMs: Infinity, lastMs: 0 };
      found.keys.push(key);
      found.sizeBytes += sizeBytes;
      found.firstMs = Math.min(found.firstMs, writtenMs);
      found.lastMs = Math.max(found.lastMs, writtenMs);
      units.set(unit.folder, found);
    }
  }
  return [...units.values()];
}

/** Of `batch/page/0001` also `batch/page` and `batch`: a task of a batch reads what is its batch's. */
function ownersOf(workflowId: string): string[] {
  const parts = workflowId.split('/');
  return parts.map((_, i) => segmentOf(parts.slice(0, i + 1).join('/')));
}

type Interval = [fromMs: number, toMs: number];

/** In order, and none touching another. */
function merged(intervals: Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const [from, to] of intervals.sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

/** Whether something ran at some time from `fromMs` to `toMs`. */
function overlaps(intervals: Interval[], fromMs: number, toMs: number): boolean {
  return intervals.some(([from, to]) => from <= toMs && to >= fromMs);
}

/**
 * Deletes what no run can need any more. A unit is kept when
 *
 * - the server knows a run of its workflow's id, or of one below it (`batch/item`), open or closed;
 * - something of it was written while a run was open that the server still knows: parents have payloads of children that
 *   are gone, and whoever sends a signal has its payload;
 * - something of it is younger than `youngestMs`: it may belong to a run that the server lists in a moment.
 *
 * Only the blobs that were found are deleted, by their names, and no name is ever used twice: what is written meanwhile
 * stays.
 */
export async function collectGarbage(store: BlobStore, options: GarbageOptions): Promise<GarbageReport> {
  const owners = new Set<string>();
  const intervals: Interval[] = [];
  for (const { workflowId, startedMs, closedMs, keepsToItself } of options.runs) {
    for (const owner of ownersOf(workflowId)) owners.add(owner);
    if (!keepsToItself) intervals.push([startedMs - SLACK_MS, (closedMs ?? options.nowMs) + SLACK_MS]);
  }
  const busy = merged(intervals);
  const isNeeded = ({ owner, firstMs, lastMs }: Found) =>
    lastMs > options.youngestMs || owners.has(owner) || overlaps(busy, firstMs, lastMs);
  const report: GarbageReport = { garbage: [], deleted: options.remove, kept: { units: 0, blobs: 0, sizeBytes: 0 } };
  for (const unit of await findUnits(store, options.namespace)) {
    const { folder, keys, sizeBytes, lastMs } = unit;
    if (isNeeded(unit)) {
      report.kept.units++;
      report.kept.blobs += keys.length;
      report.kept.sizeBytes += sizeBytes;
      continue;
    }
    if (options.remove) await store.remove(keys);
    report.garbage.push({ folder, blobs: keys.length, sizeBytes, writtenAt: new Date(lastMs).toISOString() });
  }
  return report;
}
