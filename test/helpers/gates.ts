/** A gate by itself: the test says what workers say. */
import { DEFAULT_TASK_QUEUE, gateWorkflowId } from '../../src/names';
import { responseGate } from '../../src/workflows';
import { exchangeUpdate, gateStatusQuery } from '../../src/workflows/gate-messages';
import type { World } from './world';

/** One place. */
const LIMITS = { maxInFlight: 1 };

export async function gateAlone({ client }: World, workflowId = gateWorkflowId(DEFAULT_TASK_QUEUE)) {
  const gate = await client.workflow.start(responseGate, {
    taskQueue: DEFAULT_TASK_QUEUE,
    workflowId,
    args: [{ limits: LIMITS, holders: [], waiting: [], nextCreateMs: 0 }],
  });
  const say = (leave: string[], enter: string[]) => {
    const seekers = enter.map((id) => ({ id, priorityKey: 3, fairnessKey: '' }));
    return gate.executeUpdate(exchangeUpdate, { args: [{ limits: LIMITS, leave, enter: seekers }] });
  };
  return { gate, say, status: () => gate.query(gateStatusQuery) };
}

export type GateAlone = Awaited<ReturnType<typeof gateAlone>>;

/** So that there is no quiet moment: somebody who has no place says that it is given back. */
export async function traffic({ env }: World, { say }: GateAlone, minutes: number): Promise<void> {
  for (let i = 0; i < minutes * 3; i++) {
    await env.sleep('20s');
    await say(['somebody'], []);
  }
}
