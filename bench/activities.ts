/** Activities of the programs to compare with. */
import { heartbeat } from '@temporalio/activity';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminalStatus, type Upstream } from '../src/upstream';

export interface BenchResult {
  responseId: string;
  detectedAtMs: number;
  text: string;
}

export type BenchActivities = ReturnType<typeof createBenchActivities>;

export function createBenchActivities(upstream: Upstream) {
  const create = (request: Record<string, unknown>) => upstream.create({ ...request, background: true });
  const look = async (responseId: string): Promise<BenchResult | null> => {
    const response = await upstream.retrieve(responseId, []);
    if (!isTerminalStatus(String(response.status))) return null;
    return { responseId, detectedAtMs: Date.now(), text: JSON.stringify(response.output) };
  };
  return {
    createOnce: create,
    retrieveOnce: look,
    async runWhole(request: Record<string, unknown>, intervalsSeconds: number[]): Promise<BenchResult> {
      const responseId = await create(request);
      for (let n = 0; ; n++) {
        heartbeat(responseId);
        await sleep((intervalsSeconds[Math.min(n, intervalsSeconds.length - 1)] ?? 2) * 1000);
        const seen = await look(responseId);
        if (seen) return seen;
      }
    },
  };
}
