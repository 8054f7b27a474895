/** `storage gc`: what the server still knows, and what the store has beyond that. */
import type { Client } from '@temporalio/client';
import { UsageError } from '../errors';
import { GATE_WORKFLOW } from '../names';
import type { BlobStore } from '../store';
import { collectGarbage, type GarbageReport, type KnownRun } from '../store/garbage';

export type { GarbageReport };

export interface GarbageOptions {
  /** A look only: nothing is deleted. Default false. */
  dryRun?: boolean;
  /** What is younger is kept. Default and least: the namespace's retention and a day. */
  olderThanDays?: number;
}

const DAY_MS = 86_400_000;
/** More than any clock is wrong by, and than a run is listed late. */
const MARGIN_DAYS = 1;
const RUNS_PER_PAGE = 1000;

type Time = { seconds?: { toNumber(): number } | null; nanos?: number | null } | null | undefined;
const msOf = (time: Time): number | null => (time?.seconds ? time.seconds.toNumber() * 1000 : null);

async function retentionDays({ connection, options: { namespace } }: Client): Promise<number> {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  const ms = msOf(config?.workflowExecutionRetentionTtl);
  if (ms === null || ms <= 0) throw new UsageError([`namespace ${namespace}: the server tells no retention of it`]);
  return ms / DAY_MS;
}

/**
 * Every run that the server has, open or closed. Not by `workflow.list()`: that decodes memos, and would need every key.
 * A run that ends meanwhile moves from those that are open to the first of those that are closed, which are listed after
 * them: none is missed.
 */
async function knownRuns({ connection, options: { namespace } }: Client): Promise<KnownRun[]> {
  const runs: KnownRun[] = [];
  for (let nextPageToken: Uint8Array | undefined; ;) {
    const page = await connection.workflowService.listWorkflowExecutions({
      namespace,
      pageSize: RUNS_PER_PAGE,
      nextPageToken,
    });
    for (const { execution, type, startTime, closeTime } of page.executions ?? [])
      runs.push({
        workflowId: execution?.workflowId ?? '',
        startedMs: msOf(startTime) ?? 0,
        closedMs: msOf(closeTime),
        // It is open for ever, and reads what workers send to it and what it has itself.
        keepsToItself: type?.name === GATE_WORKFLOW,
      });
    if (!page.nextPageToken?.length) return runs;
    nextPageToken = page.nextPageToken;
  }
}

/** @throws UsageError for a time that is too short; what the store or the server throws. */
export async function collectStorage(
  client: Client,
  store: BlobStore,
  { dryRun = false, olderThanDays }: GarbageOptions,
  nowMs = Date.now(),
): Promise<GarbageReport> {
  const least = (await retentionDays(client)) + MARGIN_DAYS;
  if (olderThanDays !== undefined && !(olderThanDays >= least)) {
    const why = `the namespace keeps runs for ${least - MARGIN_DAYS} days, and a day is left beyond that`;
    throw new UsageError([`olderThanDays: expected ${least} or more: ${why}`]);
  }
  return collectGarbage(store, {
    namespace: client.options.namespace,
    runs: await knownRuns(client),
    nowMs,
    youngestMs: nowMs - (olderThanDays ?? least) * DAY_MS,
    remove: !dryRun,
  });
}
