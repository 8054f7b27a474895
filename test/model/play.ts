/** Plays plans side by side in one world whose time skips, and writes down what could be seen from outside. */
import { WorkflowClient, type WorkflowHandle } from '@temporalio/client';
import { setTimeout as pause } from 'node:timers/promises';
import type { CallRow, CreateRow, FaultRule } from '../../emulator';
import type { TaskResult, TaskStatusView } from '../../src/contracts';
import { createsOf, uniqueId, type World } from '../helpers/world';
import type { Message, Plan } from './plan';

/** A message, and when it was sent and had been taken. By the server's clock, as all times here. */
export interface Sent {
  message: Message;
  sentMs: number;
  takenMs: number;
  /** Null when it was taken; else why not, e.g. because the task had ended. */
  refused: string | null;
  /** What was offered. */
  offered?: { responseId: string; attempt: number };
  /** The status after it. */
  view: TaskStatusView | null;
}

export interface Played {
  plan: Plan;
  taskId: string;
  startedMs: number;
  endedMs: number;
  sent: Sent[];
  /** The response that was attached to. */
  attachedId: string | null;
  creates: CreateRow[];
  calls: CallRow[];
  result: TaskResult;
  execution: string;
  /** Asked for after the end. */
  last: { view: TaskStatusView; result: TaskResult | null };
  /** What the world's cleanup function was called for. */
  cleaned: string[];
  /** How long the machine took for all of it: so much later than due may everything be. */
  wallMs: number;
}

interface Stage {
  world: World;
  plan: Plan;
  taskId: string;
  attachedId: string | null;
  handle: WorkflowHandle;
  sent: Sent[];
}

function rulesOf({ creates, looks, cancels, isAttached }: Plan, task: string): FaultRule[] {
  // The create from outside is the first that carries the id of the task.
  const first = isAttached ? 2 : 1;
  return [
    ...creates.map((fault, i): FaultRule => ({ op: 'create', task, nth: first + i, do: fault.do })),
    ...looks.map(({ nth, do: fault }): FaultRule => ({ op: 'retrieve', task, nth, do: fault })),
    ...(cancels === 'forbidden'
      ? [{ op: 'cancel' as const, task, do: { kind: 'status' as const, status: 403 } }]
      : cancels.map((fault, i): FaultRule => ({ op: 'cancel', task, nth: i + 1, do: fault }))),
  ];
}

function metadataOf({ scenario, queuedSeconds, runSeconds }: Plan): Record<string, string> {
  return {
    emulator_scenario: scenario,
    emulator_queued_seconds: String(queuedSeconds),
    emulator_run_seconds: String(runSeconds),
  };
}

async function createOutside(world: World, plan: Plan, taskId: string): Promise<string> {
  const metadata = { ...metadataOf(plan), task_id: taskId };
  const reply = await fetch(`${world.emulator.url}/responses`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'o3', input: 'Made outside.', background: true, metadata }),
  });
  return ((await reply.json()) as { id: string }).id;
}

async function begin(world: World, plan: Plan, taskId: string): Promise<Stage> {
  const attachedId = plan.isAttached ? await createOutside(world, plan, taskId) : null;
  const request = { model: 'o3', input: `Prompt of ${taskId}.`, metadata: metadataOf(plan) };
  const source = attachedId === null ? { request } : { attach: { responseId: attachedId } };
  const handle = await world.start({ ...source, options: plan.options }, taskId);
  return { world, plan, taskId, attachedId, handle, sent: [] };
}

/** What is offered to the task; undefined where there is no such response yet. */
function offerOf(
  { world, taskId, attachedId }: Stage,
  of: Extract<Message, { kind: 'offer' }>['of'],
  view: TaskStatusView | null,
) {
  const [first] = createsOf(world.emulator, taskId).filter(({ id }) => id !== attachedId);
  if (of === 'no_id') return { responseId: '../../admin', attempt: 1 };
  if (of === 'wrong_attempt') return { responseId: 'resp_of_another_task', attempt: 77 };
  const responseId = of === 'own' ? view?.responseId : first?.id;
  return responseId ? { responseId, attempt: Number(first?.metadata.attempt ?? 1) } : undefined;
}

/** No activity is under way: one that completes while it is cancelled makes the server of the tests, and no real one, stumble. */
async function settled({ handle }: Stage): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const { pendingActivities } = (await handle.describe()).raw;
    if ((pendingActivities ?? []).length === 0) return;
    await pause(10);
  }
}

/** Sends a message; one that a task cannot take any more is refused by the server. */
async function deliver(stage: Stage, message: Message): Promise<void> {
  const { world, handle } = stage;
  const viewNow = () => handle.query<TaskStatusView>('taskStatus');
  const before = await viewNow();
  const offered = message.kind === 'offer' ? offerOf(stage, message.of, before) : undefined;
  if (message.kind === 'offer' && !offered) return;
  const send = () => {
    if (message.kind === 'cancel') return handle.cancel();
    if (message.kind === 'cancelTask') return handle.signal('cancelTask', message.reason);
    if (message.kind === 'lookNow') return handle.signal('lookNow');
    if (message.kind === 'offer') return handle.signal('adoptResponse', offered);
    return handle.executeUpdate('changeTask', { args: [message.change] });
  };
  const sentMs = await world.env.currentTimeMs();
  const refused = before.phase === 'done' ? 'The task has ended.' : await send().then(() => null, String);
  const view = await viewNow();
  const takenMs = await world.env.currentTimeMs();
  stage.sent.push({ message, sentMs, takenMs, refused, offered, view });
}

/**
 * The first create is under way for some time yet, or its outcome is known to the task.
 */
async function creating({ world, plan, taskId, attachedId, handle }: Stage): Promise<void> {
  const isSent = () => createsOf(world.emulator, taskId).some(({ id }) => id !== attachedId);
  const isKnown = async () => {
    const { phase, responseId, lastError } = await handle.query<TaskStatusView>('taskStatus');
    return phase === 'done' || responseId !== null || lastError !== null;
  };
  const isLate = attachedId === null && plan.creates[0]?.outcome === 'late_reply';
  for (let i = 0; i < 300 && !(isLate ? isSent() : await isKnown()); i++) await pause(20);
}

async function playMessages(world: World, stages: readonly Stage[]): Promise<void> {
  const beganMs = await world.env.currentTimeMs();
  const all = stages.flatMap((stage) => stage.plan.messages.map((one) => ({ stage, ...one })));
  const early = stages.map(async (stage) => {
    const first = stage.plan.messages.filter(({ atSeconds }) => atSeconds === 0);
    if (first.length > 0) await creating(stage);
    for (const { message } of first) await deliver(stage, message);
  });
  await Promise.all(early);
  const later = all.filter(({ atSeconds }) => atSeconds > 0).sort((a, b) => a.atSeconds - b.atSeconds);
  for (const { stage, atSeconds, message } of later) {
    const leftMs = beganMs + atSeconds * 1000 - (await world.env.currentTimeMs());
    if (leftMs > 0) await world.env.sleep(leftMs);
    await settled(stage);
    await deliver(stage, message);
  }
}

/** Waits for all ends with one unlock of the clock: the server takes a second one for a mistake. */
async function awaitEnds({ env }: World, stages: readonly Stage[]): Promise<void> {
  const { connection, client } = env;
  const plain = new WorkflowClient({ ...client.workflow.options, connection });
  await connection.testService?.unlockTimeSkipping({});
  await Promise.allSettled(stages.map(({ taskId }) => plain.getHandle(taskId).result()));
  await connection.testService?.lockTimeSkipping({});
}

async function finish({ handle }: Stage) {
  const result = (await handle.query<TaskResult | null>('taskResult'))!;
  const execution = (await handle.describe()).status.name;
  const view = await handle.query<TaskStatusView>('taskStatus');
  const { closeTime } = await handle.describe();
  const last = { view, result: await handle.query<TaskResult | null>('taskResult') };
  return { result, execution, last, startedMs: Date.parse(view.startedAt), endedMs: closeTime?.getTime() ?? NaN };
}

/** Plays all plans at once. `cleaned` is what the world's cleanup function has been called for, as `id status`. */
export async function play(world: World, plans: readonly Plan[], cleaned: readonly string[]): Promise<Played[]> {
  const beganMs = performance.now();
  const roles = plans.map((plan) => ({ plan, taskId: uniqueId('model') }));
  world.emulator.setFaults(roles.flatMap(({ plan, taskId }) => rulesOf(plan, taskId)));
  const stages = await Promise.all(roles.map(({ plan, taskId }) => begin(world, plan, taskId)));
  await playMessages(world, stages);
  await awaitEnds(world, stages);
  const ends = await Promise.all(stages.map(finish));
  const wallMs = performance.now() - beganMs;
  const { calls } = world.emulator.ledger();
  return stages.map(({ plan, taskId, attachedId, sent }, i) => ({
    ...ends[i]!,
    plan,
    taskId,
    attachedId,
    sent,
    creates: createsOf(world.emulator, taskId),
    calls: calls.filter(
      ({ task, op, id }) => task === taskId && !(op === 'create' && id === attachedId && id !== null),
    ),
    cleaned: cleaned.filter((one) => one.startsWith(`${taskId} `)),
    wallMs,
  }));
}
