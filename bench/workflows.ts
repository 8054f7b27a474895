/** The two programs to compare with: what most people write, and the least that the engine needs. */
import { executeChild, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { BenchActivities, BenchResult } from './activities';

const short = proxyActivities<BenchActivities>({ startToCloseTimeout: '60s' });
const long = proxyActivities<BenchActivities>({
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { maximumAttempts: 1 },
});

const INTERVALS_SECONDS = [1, 2];
const waitSeconds = (look: number): number => INTERVALS_SECONDS[Math.min(look, INTERVALS_SECONDS.length - 1)] ?? 2;

/** A timer and an activity for every look. */
export async function naiveTask(request: Record<string, unknown>): Promise<BenchResult> {
  const responseId = await short.createOnce(request);
  for (let look = 0; ; look++) {
    await sleep(waitSeconds(look) * 1000);
    const seen = await short.retrieveOnce(responseId);
    if (seen) return seen;
  }
}

/** One activity that does everything: no durable state between its looks. */
export async function floorTask(request: Record<string, unknown>): Promise<BenchResult> {
  return long.runWhole(request, INTERVALS_SECONDS);
}

/** Nothing at all. */
export async function emptyTask(): Promise<void> {}

export interface ChildrenInput {
  type: 'emptyTask' | 'floorTask';
  requests: Record<string, unknown>[];
  /** At once. */
  window: number;
}

/** The least that a batch needs: children, the next one as soon as one has ended. */
export async function parentOfMany({ type, requests, window }: ChildrenInput): Promise<void> {
  const { workflowId } = workflowInfo();
  let next = 0;
  const turn = async () => {
    for (let i = next++; i < requests.length; i = next++)
      await executeChild(type, { workflowId: `${workflowId}/${i}`, args: [requests[i]] });
  };
  await Promise.all(Array.from({ length: window }, turn));
}
