/** What the Temporal server has at the end: every run of every workflow, its size, its result, and what is readable in it. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils';
import { temporal } from '@temporalio/proto';
import { addHits, hitsIn, type Canaries, type Hits } from '../checks/canaries';
import type { HistorySize } from '../checks/histories';
import { overlapsIn, type Span } from '../checks/overlaps';
import { unpacked } from '../checks/stored';

export interface Found {
  workflowId: string;
  type: string;
  /** As the server names it. */
  execution: string;
  size: HistorySize;
  /** When two attempts of one activity may have been at work. */
  overlaps: Span[];
  /** Returned; after Temporal's cancel, told by a query; null when there is none. */
  result: unknown;
}

export interface Gathered {
  found: Found[];
  /** In histories as they lie there, and with the keys. */
  hits: Record<'histories' | 'decrypted histories', Hits>;
}

/** Calls at once. */
const AT_ONCE = 12;

const RESULT_QUERIES: Record<string, string> = {
  responseTask: 'taskResult',
  responseBatch: 'batchResult',
  responseReport: 'reportResult',
};

async function resultOf(client: Client, { workflowId, runId, type, status }: WorkflowExecutionInfo): Promise<unknown> {
  const handle = client.workflow.getHandle(workflowId, runId);
  if (status.name === 'COMPLETED') return handle.result();
  const query = RESULT_QUERIES[type];
  return status.name === 'CANCELLED' && query ? handle.query(query) : null;
}

function sizeOf(workflowId: string, history: History): HistorySize {
  const types: Record<string, number> = {};
  for (const { eventType } of history.events ?? []) {
    const name = (temporal.api.enums.v1.EventType[eventType ?? 0] ?? '').replace('EVENT_TYPE_', '');
    types[name] = (types[name] ?? 0) + 1;
  }
  const tried = (activity: string) =>
    (history.events ?? []).filter(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === activity,
    ).length;
  const bytes = temporal.api.history.v1.History.encode(history).finish().length;
  return {
    workflowId,
    events: history.events?.length ?? 0,
    bytes,
    types,
    createsTried: tried('startResponse'),
    streams: tried('followResponse'),
  };
}

const isPayload = (value: object): value is Payload => 'data' in value && value.data instanceof Uint8Array;

/** Every payload in a history, wherever it lies. */
function* payloadsIn(value: unknown): Generator<Payload> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if (isPayload(value)) yield value;
  else for (const part of Object.values(value)) yield* payloadsIn(part);
}

async function decrypted(history: History, codecs: readonly PayloadCodec[]): Promise<string> {
  let payloads = [...payloadsIn(history)];
  for (const codec of [...codecs].reverse()) payloads = await codec.decode(payloads);
  return payloads.map(({ data }) => Buffer.from(data ?? []).toString()).join('\n');
}

/** Reads everything; gives the histories one after the other, to be replayed as they come. */
export async function* gather(
  client: Client,
  canaries: Canaries,
  into: Gathered,
): AsyncGenerator<{ workflowId: string; history: History }> {
  const { payloadCodecs } = client.options.loadedDataConverter;
  const read = async (info: WorkflowExecutionInfo) => {
    const { workflowId, runId, type, status } = info;
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    into.found.push({
      workflowId,
      type,
      execution: status.name,
      size: sizeOf(workflowId, history),
      overlaps: overlapsIn(history),
      result: await resultOf(client, info),
    });
    addHits(into.hits.histories, hitsIn(unpacked(historyToJSON(history)), canaries));
    addHits(into.hits['decrypted histories'], hitsIn(await decrypted(history, payloadCodecs), canaries));
    return { workflowId, history };
  };
  let batch: WorkflowExecutionInfo[] = [];
  for await (const info of client.workflow.list({ pageSize: 500 })) {
    batch.push(info);
    if (batch.length < AT_ONCE) continue;
    yield* await Promise.all(batch.map(read));
    batch = [];
  }
  yield* await Promise.all(batch.map(read));
}
