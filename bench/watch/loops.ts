/** Hand-written loops, with the official client as it comes: no engine, and nothing that outlives the process. */
import OpenAI from 'openai';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestOf, scaled, type LoopProgram, type Run } from './plan';

const GUIDE_INTERVALS_SECONDS = [1, 2, 5, 10, 30, 60];

const isRunning = (status: string | undefined): boolean => status === 'queued' || status === 'in_progress';

/** The ledger knows the runs of tasks by what tasks add by themselves. */
function bodyOf(run: Run) {
  const { metadata, ...request } = requestOf(run);
  return { ...request, metadata: { ...metadata, task_id: run.id }, background: true };
}

const pause = async (seconds: number): Promise<void> => void (await sleep(seconds * 1000));

/** As in the guide for background mode: "adaptive polling with increasing intervals". It looks before it waits. */
async function adaptive(client: OpenAI, run: Run): Promise<void> {
  const intervals = scaled(GUIDE_INTERVALS_SECONDS, run.length);
  const { id } = await client.responses.create(bodyOf(run));
  for (let i = 0; ; i++) {
    const { status } = await client.responses.retrieve(id);
    if (!isRunning(status)) return;
    await pause(intervals[Math.min(i, intervals.length - 1)] ?? 60);
  }
}

/** As in the same guide: "robust background execution". */
async function every5s(client: OpenAI, run: Run): Promise<void> {
  let response = await client.responses.create(bodyOf(run));
  while (isRunning(response.status)) {
    await pause(5 / run.length.scale);
    response = await client.responses.retrieve(response.id);
  }
}

const LOOPS: Record<LoopProgram, (client: OpenAI, run: Run) => Promise<void>> = { adaptive, every5s };

/** Runs a loop to its end; gives the moment at which it saw it. */
export async function runLoop(baseURL: string, run: Run & { program: LoopProgram }): Promise<number> {
  await LOOPS[run.program](new OpenAI({ apiKey: 'sk-bench', baseURL }), run);
  return Date.now();
}
