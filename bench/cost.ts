/** What runs cost: events, actions, and CPU of the worker and the server. */
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { median } from './percentile';
import { UsageMeter } from './scale/usage';
import type { Servers, WorkerProcess } from './servers';
import { actionsOf, ourBeats, type Beats } from './watch/actions';

const SAMPLE = 20;

/** It heartbeats at each look; the SDK lets the first one through, and one in each 80 % of the heartbeat timeout. */
const floorBeats: Beats = (_, seconds, timeoutSeconds) =>
  timeoutSeconds > 0 ? 1 + Math.floor(seconds / (0.8 * timeoutSeconds)) : 0;

export async function costOf(handles: WorkflowHandle[], beats: Beats) {
  const histories = await Promise.all(handles.slice(0, SAMPLE).map((handle) => handle.fetchHistory()));
  return {
    events: median(histories.map(({ events }) => events?.length ?? 0)),
    historyBytes: median(histories.map((history) => historyToJSON(history).length)),
    actions: median(histories.map((history) => actionsOf(history, { queries: 0, scaleOf: () => 1, beats }))),
  };
}

export const beatsOf = (program: string): Beats => (program === 'ours' ? ourBeats : floorBeats);

const total = async (meters: readonly UsageMeter[]): Promise<number> =>
  (await Promise.all(meters.map((meter) => meter.cpuSeconds()))).reduce((sum, seconds) => sum + seconds, 0);

/** CPU of the workers and of the server from now on; ask once, for each of `runs`. */
export async function meterCpu({ serverPid }: Servers, workers: readonly WorkerProcess[]) {
  const ofWorkers = workers.map(({ pid }) => new UsageMeter(() => pid));
  const ofServer = [new UsageMeter(serverPid)];
  const before = { workers: await total(ofWorkers), server: await total(ofServer) };
  return async (runs: number) => {
    const after = { workers: await total(ofWorkers), server: await total(ofServer) };
    await Promise.all([...ofWorkers, ...ofServer].map((meter) => meter.stop()));
    const each = (key: keyof typeof before) => (1000 * (after[key] - before[key])) / runs;
    return { workerCpuMs: each('workers'), serverCpuMs: each('server') };
  };
}
