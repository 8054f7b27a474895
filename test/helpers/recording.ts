/** What all recordings of histories have in common. */
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultRule } from '../../emulator';
import type { TaskInput, TaskOptions } from '../../src/contracts';
import { devServerWorld, skippingWorld, type World, type WorldOptions } from './world';

export const HISTORIES = join(__dirname, '..', 'histories');

const ROOT = join(__dirname, '..', '..');

/** Without the folder of this project, which is in the stacks of failures. */
export async function save(name: string, handle: WorkflowHandle): Promise<void> {
  const json = historyToJSON(await handle.fetchHistory()).replaceAll(ROOT, '.');
  writeFileSync(join(HISTORIES, `${name}.json`), `${json}\n`);
}

export async function inWorld(make: () => Promise<World>, body: (world: World) => Promise<void>): Promise<void> {
  const world = await make();
  try {
    await body(world);
  } finally {
    await world.close();
  }
}

export interface TaskRecording {
  scenario?: string;
  options?: TaskOptions;
  metadata?: Record<string, string>;
  faults?: FaultRule[];
  /** In place of a request. */
  attach?: (world: World) => Promise<string>;
  /** What is done to it while it runs. */
  act?: (handle: WorkflowHandle, world: World) => Promise<unknown>;
}

function taskOf({ scenario = 'text', options, metadata }: TaskRecording, responseId?: string): TaskInput {
  if (responseId) return { attach: { responseId }, options };
  const input = `A prompt for ${scenario}.`;
  return { request: { model: 'o3', input, metadata: { emulator_scenario: scenario, ...metadata } }, options };
}

async function play(world: World, recording: TaskRecording, name: string): Promise<void> {
  world.emulator.setFaults(recording.faults ?? []);
  const handle = await world.start(taskOf(recording, await recording.attach?.(world)));
  await recording.act?.(handle, world);
  // One that Temporal cancelled rejects.
  await handle.result().catch(() => undefined);
  await save(name, handle);
}

/** On the server that skips time; looks by durable timers. */
export const recordTask =
  (name: string, recording: TaskRecording, more: () => WorldOptions = () => ({})) =>
  (): Promise<void> =>
    inWorld(
      () => skippingWorld(more()),
      (world) => {
        const options = { inlineWaitSeconds: 0, ...recording.options };
        return world.withWorker(() => play(world, { ...recording, options }, name));
      },
    );

/** In real time: what happens in the same moment as something else, and streams, while one of which is open no time skips. */
export const recordLive =
  (name: string, recording: TaskRecording, more: () => WorldOptions = () => ({})) =>
  (): Promise<void> =>
    inWorld(
      () => devServerWorld(more()),
      (world) => world.withWorker(() => play(world, recording, name)),
    );
