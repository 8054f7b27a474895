/** kill -9 of the worker at the moments that matter: the same result, and nothing paid twice in silence. */
import type { WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import type { TaskOptions, TaskResult } from '../src/contracts';
import { callsOf, createsOf, devServerWorld, endOf, stillRunning, uniqueId, type World } from './helpers/world';
import { startWorkerProcess, type WorkerProcess } from './helpers/worker-process';

let world: World;
beforeAll(async () => {
  world = await devServerWorld();
});
afterAll(() => world.close());

interface Plan {
  faults?: FaultRule[];
  options?: TaskOptions;
  runSeconds?: string;
  /** Waits for the moment at which the worker is killed. */
  until: (handle: WorkflowHandle) => Promise<void>;
}

async function killAndRestart({ faults = [], options, runSeconds = '3', until }: Plan) {
  const id = uniqueId('crash');
  world.emulator.setFaults(faults);
  let worker: WorkerProcess = await startWorkerProcess(world);
  const request = { model: 'o3', input: `Prompt of ${id}.`, metadata: { emulator_run_seconds: runSeconds } };
  const handle = await world.start({ request, options }, id);
  await until(handle);
  await worker.kill();
  world.emulator.setFaults([]);
  worker = await startWorkerProcess(world);
  try {
    return { id, ...(await endOf(handle)) };
  } finally {
    await worker.stop();
  }
}

/** Waits until the ledger shows it. */
async function seen(what: () => boolean): Promise<void> {
  for (let tries = 0; !what(); tries++) {
    if (tries > 400) throw new Error('did not happen within 20 s');
    await sleep(50);
  }
}

const posted = (id: string) => callsOf(world.emulator, id, 'create').length > 0;
const inline: TaskOptions = { pollIntervalsSeconds: [0.5] };
const durable: TaskOptions = { pollIntervalsSeconds: [1], inlineWaitSeconds: 0 };

test('killed during the create, before it was accepted -> one response, and a warning', async () => {
  const { id, result } = await killAndRestart({
    faults: [{ op: 'create', do: { kind: 'hang' } }],
    until: (handle) => seen(() => posted(handle.workflowId)),
  });
  expect(result.status).toBe('completed');
  expect(createsOf(world.emulator, id)).toHaveLength(1);
  expect(result.possibleOrphans).toHaveLength(1);
}, 90_000);

test('killed after the create was accepted, its reply under way -> the second response is named, never silent', async () => {
  const { id, result } = await killAndRestart({
    faults: [{ op: 'create', do: { kind: 'delay', ms: 5_000 } }],
    until: (handle) => seen(() => createsOf(world.emulator, handle.workflowId).length > 0),
  });
  const paid = createsOf(world.emulator, id);
  expect(result.status).toBe('completed');
  expect(paid).toHaveLength(2);
  expect(result).toMatchObject({ creates: 2, possibleOrphans: [{ taskId: id, attempt: 1 }] });
}, 90_000);

test('killed between inline looks -> goes on with the same response', async () => {
  const { id, result } = await killAndRestart({
    options: inline,
    until: (handle) => seen(() => callsOf(world.emulator, handle.workflowId, 'retrieve').length >= 2),
  });
  expect(result).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
  expect(createsOf(world.emulator, id)).toHaveLength(1);
}, 90_000);

test('killed between durable looks -> goes on with the same response', async () => {
  const { id, result } = await killAndRestart({
    options: durable,
    until: (handle) => seen(() => callsOf(world.emulator, handle.workflowId, 'retrieve').length >= 1),
  });
  expect(result).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
  expect(createsOf(world.emulator, id)).toHaveLength(1);
}, 90_000);

test('killed during the cancel -> cancelled upstream all the same', async () => {
  const { id, result } = await killAndRestart({
    options: durable,
    runSeconds: '600',
    faults: [{ op: 'cancel', do: { kind: 'hang' } }],
    until: async (handle) => {
      await seen(() => callsOf(world.emulator, handle.workflowId, 'retrieve').length >= 1);
      await handle.signal('cancelTask');
      await seen(() => callsOf(world.emulator, handle.workflowId, 'cancel').length >= 1);
    },
  });
  expect(result).toMatchObject({ status: 'cancelled', creates: 1, notCleaned: [] });
  const [created] = createsOf(world.emulator, id);
  expect(await stillRunning(world.emulator)).not.toContain(created?.id);
}, 240_000);

test('stopped gracefully during inline looks -> exit code 0, upstream is not cancelled, the next worker finishes', async () => {
  const id = uniqueId('deploy');
  const first = await startWorkerProcess(world);
  const request = { model: 'o3', input: 'A prompt.', metadata: { emulator_run_seconds: '3' } };
  const handle = await world.start({ request, options: inline }, id);
  await seen(() => callsOf(world.emulator, id, 'retrieve').length >= 1);
  expect(await first.stop()).toBe(0);
  const second = await startWorkerProcess(world);
  const result = (await handle.result()) as TaskResult;
  await second.stop();
  expect(result).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
  expect(callsOf(world.emulator, id, 'cancel')).toEqual([]);
}, 90_000);
