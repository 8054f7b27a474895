/** A worker's side of the gate in front of the account: one call at a time, for all tasks that have something to say. */
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import type { AccountLimits, GateState, Seeker } from '../contracts';
import { GATE_WORKFLOW, gateWorkflowId } from '../names';
import { exchangeUpdate } from '../workflows/gate-messages';

/** Where the gate is: the caller's client and task queue. */
export interface GatePlace {
  client: Client;
  taskQueue: string;
}

export interface GateDesk {
  /** The moment from which the task may create; null when it has to wait for the `permitGranted` signal. */
  enter(place: GatePlace, seeker: Seeker): Promise<number | null>;
  /** Says that nothing of this task is in flight any more. Never fails: the gate asks after those who say nothing. */
  leave(place: GatePlace, id: string): Promise<void>;
}

/** A gate that continues as new at this moment answers the next call. */
const TRIES = 4;
const CALL_DEADLINE_MS = 5_000;

/** Bounds the size of a call. */
const MAX_ENTRIES = 500;

interface Entry {
  id: string;
  /** Null for one who leaves. */
  seeker: Seeker | null;
  place: GatePlace;
  done: (notBeforeMs: number | null) => void;
  failed: (error: unknown) => void;
}

async function call(limits: AccountLimits, { client, taskQueue }: GatePlace, entries: Entry[]) {
  const enter = entries.flatMap(({ seeker }) => (seeker ? [seeker] : []));
  const leave = entries.filter(({ seeker }) => !seeker).map(({ id }) => id);
  const empty: GateState = { limits, holders: [], waiting: [], nextCreateMs: 0 };
  const startWorkflowOperation = new WithStartWorkflowOperation(GATE_WORKFLOW, {
    workflowId: gateWorkflowId(taskQueue),
    taskQueue,
    args: [empty],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: 'limits of the account: responses in flight, creates per second',
    // Every create waits for it.
    priority: { priorityKey: 1 },
  });
  const ask = () =>
    client.workflow.executeUpdateWithStart(exchangeUpdate, {
      args: [{ limits, enter, leave }],
      startWorkflowOperation,
    });
  return client.connection.withDeadline(Date.now() + CALL_DEADLINE_MS, ask);
}

async function callAgain(limits: AccountLimits, place: GatePlace, entries: Entry[]) {
  for (let tries = 1; ; tries++) {
    try {
      return await call(limits, place, entries);
    } catch (error) {
      if (tries >= TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** tries));
    }
  }
}

/** The server allows 10 updates of one workflow at once, so a worker has one, in which all have their say. */
export function gateDesk(limits: AccountLimits): GateDesk {
  const queue: Entry[] = [];
  let busy = false;

  async function serve(): Promise<void> {
    busy = true;
    while (queue.length > 0) {
      const entries = queue.splice(0, MAX_ENTRIES);
      try {
        const { notBeforeMs } = await callAgain(limits, entries[0]!.place, entries);
        for (const { id, done } of entries) done(notBeforeMs[id] ?? null);
      } catch (error) {
        for (const { failed } of entries) failed(error);
      }
    }
    busy = false;
  }

  function say(place: GatePlace, id: string, seeker: Seeker | null): Promise<number | null> {
    return new Promise((done, failed) => {
      queue.push({ id, seeker, place, done, failed });
      if (!busy) void serve();
    });
  }

  return {
    enter: (place, seeker) => say(place, seeker.id, seeker),
    leave: async (place, id) => void (await say(place, id, null).catch(() => null)),
  };
}
