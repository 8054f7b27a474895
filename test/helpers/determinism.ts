/** Whether histories fit the workflow code. */
import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils';
import { temporal } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import type { Bundle } from './bundles';
import { WORKFLOW_BUNDLE, type World } from './world';

const { WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR } = temporal.api.enums.v1.WorkflowTaskFailedCause;

export interface Named {
  workflowId: string;
  history: History;
}

/** Of all workflows on the server. */
export async function allHistories({ client }: World): Promise<Named[]> {
  const found: Named[] = [];
  for await (const { workflowId, history } of client.workflow.list().intoHistories({ concurrency: 8 }))
    found.push({ workflowId, history: history as History });
  return found;
}

/** Those in which a worker has met what its code would not have done; the server keeps the first time of each. */
export const contradicted = (all: readonly Named[]): string[] =>
  all
    .filter(({ history }) =>
      (history.events ?? []).some(
        (event) =>
          event.workflowTaskFailedEventAttributes?.cause === WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
      ),
    )
    .map(({ workflowId }) => workflowId);

/** What became of each history, as an object or as JSON, replayed with this code: by default that of today. */
export async function replay(
  histories: readonly { workflowId: string; history: object }[],
  workflowBundle: Bundle | typeof WORKFLOW_BUNDLE = WORKFLOW_BUNDLE,
): Promise<Map<string, Error | undefined>> {
  const ends = new Map<string, Error | undefined>();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories))
    ends.set(workflowId, error);
  return ends;
}

/** The workflows whose histories this code cannot replay. */
export async function unreplayable(all: readonly Named[], bundle?: Bundle): Promise<string[]> {
  const histories = all.map(({ workflowId, history }) => {
    return { workflowId, history: JSON.parse(historyToJSON(history)) as object };
  });
  return [...(await replay(histories, bundle))].flatMap(([workflowId, error]) => (error ? [workflowId] : []));
}
