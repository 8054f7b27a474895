/** One contender twice: undisturbed, and killed half-way and started again. Judged by the emulator's ledger. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../emulator';
import { until } from '../../src/embedded/processes';
import { percentile } from '../percentile';
import { lagsOf } from '../rivals/many';
import { withPlace } from '../rivals/upstream';
import { random } from '../scale/plan';
import type { Contender, Contest, Task } from './contender';

export interface Plan {
  runs: number;
  minSeconds: number;
  maxSeconds: number;
}

export interface Undisturbed {
  delayP50Seconds: number;
  delayP99Seconds: number;
  /** Of a run. */
  calls: number;
  /** Of each process. */
  peakMegabytes: number[];
  delivered: number;
}

export interface Disturbed {
  /** When it was killed: ended upstream, and without an answer that anybody can have. */
  lost: number;
  /** At the same moment: at work upstream, and paid. */
  runningOn: number;
  /** Responses created in all, for as many runs as there are. */
  creates: number;
  /** After it was started again and had come to its end. */
  delivered: number;
}

/** As long as it takes to see that it is dead, and to start it by hand. */
const AWAY_MS = 5000;
/** Waits between looks, and the start of a worker, besides the runs themselves. */
const SLACK_SECONDS = 60;

/** Lengths from the shortest to the longest, in an order that a seed chooses. */
export function tasksOf({ runs, minSeconds, maxSeconds }: Plan): Task[] {
  const draw = random(1);
  const lengths = Array.from(
    { length: runs },
    (_, i) => minSeconds + ((maxSeconds - minSeconds) * i) / Math.max(1, runs - 1),
  );
  const mixed = lengths.map((seconds) => ({ seconds, at: draw() })).sort((a, b) => a.at - b.at);
  return mixed.map(({ seconds }, i) => ({
    id: `task-${i}`,
    request: {
      model: 'o3',
      input: `Prompt of task-${i}.`,
      metadata: { emulator_queued_seconds: '0.5', emulator_run_seconds: (seconds - 0.5).toFixed(3) },
    },
  }));
}

const untilDone = (contest: Contest, seconds: number): Promise<boolean> =>
  until(() => contest.isDone(), (seconds + SLACK_SECONDS) * 1000);

/** Tasks that have their own answer. */
async function answered(contest: Contest, tasks: readonly Task[]): Promise<number> {
  const texts = await contest.delivered();
  return tasks.filter(({ request }) => texts.some((text) => text.includes(request.input))).length;
}

const callsIn = ({ calls }: Ledger): number =>
  calls.filter(({ op }) => ['create', 'retrieve', 'stream'].includes(op)).length;

export function undisturbed(contender: Contender, plan: Plan): Promise<Undisturbed> {
  const tasks = tasksOf(plan);
  return withPlace(contender.name, async (place) => {
    const contest = await contender.open(place, tasks);
    await contest.start();
    await untilDone(contest, plan.maxSeconds);
    const usages = await Promise.all(contest.meters.map((meter) => meter.stop()));
    const ledger = await place.upstream.ledger();
    const delays = lagsOf(ledger);
    return {
      delayP50Seconds: percentile(delays, 0.5),
      delayP99Seconds: percentile(delays, 0.99),
      calls: callsIn(ledger) / plan.runs,
      peakMegabytes: usages.map(({ peakMegabytes }) => peakMegabytes),
      delivered: await answered(contest, tasks),
    };
  });
}

export function disturbed(contender: Contender, plan: Plan): Promise<Disturbed> {
  const tasks = tasksOf(plan);
  return withPlace(contender.name, async (place) => {
    const contest = await contender.open(place, tasks);
    await contest.start();
    await sleep((plan.maxSeconds * 1000) / 2);
    await contest.kill();
    const statuses = Object.values(await place.upstream.statuses());
    const ended = statuses.filter((status) => status === 'completed').length;
    const lost = ended - (await answered(contest, tasks));
    await sleep(AWAY_MS);
    await contest.start();
    await untilDone(contest, plan.maxSeconds);
    await Promise.all(contest.meters.map((meter) => meter.stop()));
    const { creates } = await place.upstream.ledger();
    const delivered = await answered(contest, tasks);
    return { lost, runningOn: statuses.length - ended, creates: creates.length, delivered };
  });
}
