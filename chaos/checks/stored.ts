/** All that a Temporal server keeps, as somebody without the keys sees it. */
import { Client, Connection } from '@temporalio/client';
import { DefaultFailureConverter, defaultPayloadConverter, type ProtoFailure } from '@temporalio/common';
import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A client with nothing of this package. */
export async function strangersClient(address: string): Promise<Client> {
  const connection = await Connection.connect({ address, channelArgs: { 'grpc.enable_http_proxy': 0 } });
  return new Client({ connection });
}

/** With every text in it that is Base64 also decoded: payloads are bytes, and JSON has them as Base64. */
export function unpacked(json: string): string {
  const bytes = [...json.matchAll(/"([A-Za-z0-9+/]{8,}={0,2})"/g)];
  return json + bytes.map(([, text]) => Buffer.from(text ?? '', 'base64').toString()).join('\n');
}

const asJson = (value: unknown): string =>
  unpacked(
    JSON.stringify(value, (_, part: unknown) =>
      part instanceof Uint8Array ? Buffer.from(part).toString('base64') : part,
    ),
  );

export interface Stored {
  histories: string;
  /** Memo, search attributes, summaries and heartbeats, of each workflow and in the list of them. */
  described: string;
  /** What a client without keys makes of the failures in histories: messages, stacks and causes. */
  failures: string[];
}

/** With all causes. */
export function saidBy(error: unknown): string {
  const parts: string[] = [];
  for (let one = error; one instanceof Error; one = one.cause) parts.push(one.name, one.message, one.stack ?? '');
  return parts.join('\n');
}

/** As it is on the server, and as the SDK shows it; of details that are encrypted it only says that. */
function decoded(failure: ProtoFailure): string {
  try {
    return asJson(failure) + saidBy(new DefaultFailureConverter().failureToError(failure, defaultPayloadConverter));
  } catch (error) {
    return asJson(failure) + saidBy(error);
  }
}

function failuresIn({ events }: History): string[] {
  return (events ?? []).flatMap((event) =>
    Object.values(event).flatMap((attributes: unknown) => {
      const failure = (attributes as { failure?: ProtoFailure } | null)?.failure;
      return failure ? [decoded(failure)] : [];
    }),
  );
}

/** All that the server tells of its workflows. */
export async function partsStoredOn(client: Client, namespace = 'default'): Promise<Stored> {
  const { workflowService } = client.connection;
  const { executions } = await workflowService.listWorkflowExecutions({ namespace, pageSize: 100 });
  const one = async (workflowId: string, runId: string) => {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const execution = { workflowId, runId };
    return { history, described: await workflowService.describeWorkflowExecution({ namespace, execution }) };
  };
  const ids = (executions ?? []).map(({ execution }) => [execution?.workflowId ?? '', execution?.runId ?? ''] as const);
  const all = await Promise.all(ids.map(([workflowId, runId]) => one(workflowId, runId)));
  return {
    histories: all.map(({ history }) => unpacked(historyToJSON(history))).join('\n'),
    described: asJson(executions) + all.map(({ described }) => asJson(described)).join('\n'),
    failures: all.flatMap(({ history }) => failuresIn(history)),
  };
}

/** Histories, descriptions and the list of all workflows, as one text. */
export async function storedOn(client: Client): Promise<string> {
  const { histories, described } = await partsStoredOn(client);
  return histories + described;
}

/** The files below a folder whose path in it fits, joined; as bytes, so that nothing is lost. */
export async function contentOf(folder: string, fits: (path: string) => boolean = () => true): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const chosen = paths.filter((path) => fits(path.slice(folder.length + 1)));
  // What is one for a moment only, as files beside a database are, may be gone.
  const files = await Promise.all(chosen.map((path) => readFile(path, 'latin1').catch(() => '')));
  return files.join('\n');
}

/** The files of the server's database, the journal among them. */
export const isDatabase = (path: string): boolean => path.startsWith('temporal.db');
