/** What an id is, by the server itself; and questions to a workflow. */
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { UsageError } from '../errors';
import { BATCH_WORKFLOW, REPORT_WORKFLOW, TASK_WORKFLOW } from '../names';

/** A query needs a worker, and replays a workflow that is not in its memory. */
const QUERY_DEADLINE_MS = 3_000;

export type Kind = 'task' | 'batch' | 'report';

const KINDS: Record<string, Kind> = {
  [TASK_WORKFLOW]: 'task',
  [BATCH_WORKFLOW]: 'batch',
  [REPORT_WORKFLOW]: 'report',
};

/**
 * @param wanted What it has to be; anything of this package when left out.
 * @throws UsageError when there is no such workflow, or it is something else.
 */
export async function describe(
  client: Client,
  id: string,
  wanted?: Kind,
): Promise<WorkflowExecutionDescription & { kind: Kind }> {
  const found = await client.workflow
    .getHandle(id)
    .describe()
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw new UsageError([
        `${id}: no such task, batch or report in this namespace; \`task list\` shows those there are`,
      ]);
    });
  const kind = Object.hasOwn(KINDS, found.type) ? KINDS[found.type] : undefined;
  if (!kind)
    throw new UsageError([`${id}: is a workflow of type ${JSON.stringify(found.type)}, no task, batch or report`]);
  if (wanted && kind !== wanted) throw new UsageError([`${id}: is a ${kind}, no ${wanted}; use the \`${kind}\` verbs`]);
  return { ...found, kind };
}

/** How a workflow stands: RUNNING, COMPLETED, TERMINATED, ...; null when the server does not know it. */
export async function executionOf(client: Client, id: string): Promise<string | null> {
  try {
    return (await client.workflow.getHandle(id).describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** Answered by a worker within 3 s, or not at all. */
export function query<T>(client: Client, ask: () => Promise<T>): Promise<T> {
  return client.connection.withDeadline(Date.now() + QUERY_DEADLINE_MS, ask);
}
