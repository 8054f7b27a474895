/** All that a Temporal server keeps, as somebody without the keys sees it. */
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
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

/** Histories, descriptions (memo, search attributes, summaries, heartbeats) and the list of all workflows, as text. */
export async function storedOn(client: Client, namespace = 'default'): Promise<string> {
  const { workflowService } = client.connection;
  const { executions } = await workflowService.listWorkflowExecutions({ namespace, pageSize: 100 });
  const one = async (workflowId: string, runId: string) => {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const execution = { workflowId, runId };
    const described = await workflowService.describeWorkflowExecution({ namespace, execution });
    return unpacked(historyToJSON(history)) + asJson(described);
  };
  const each = (executions ?? []).map(({ execution }) => one(execution?.workflowId ?? '', execution?.runId ?? ''));
  return asJson(executions) + (await Promise.all(each)).join('\n');
}

/** How often each word stands in the files of the server's database. */
export async function hitsInDatabase(dataDir: string, words: readonly string[]): Promise<Record<string, number>> {
  const names = (await readdir(dataDir)).filter((name) => name.startsWith('temporal.db'));
  const files = await Promise.all(names.map((name) => readFile(join(dataDir, name), 'latin1')));
  return Object.fromEntries(words.map((word) => [word, files.join('').split(word).length - 1]));
}
