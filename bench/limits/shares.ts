/** Who is served first at the gate of the account. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { maxInFlight } from '../../emulator';
import type { GateStatus, TaskOptions } from '../../src/contracts';
import { DEFAULT_TASK_QUEUE, gateWorkflowId } from '../../src/names';
import type { Place } from '../scale/place';
import { begin, createsOf, itemsOf, ledgerOf, resultOf, until } from './batches';
import { median } from '../percentile';
import type { Measured } from './command';

const CAP = 20;

const atMost = (responses: number) => ({ DURABLE_RESPONSES_MAX_IN_FLIGHT: String(responses) });

/** None before the first task has asked for the gate. */
async function waiting({ client }: Place): Promise<number> {
  try {
    const gate = client.workflow.getHandle(gateWorkflowId(DEFAULT_TASK_QUEUE));
    return (await gate.query<GateStatus>('gateStatus')).waiting;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 0;
    throw error;
  }
}

const batchOf = (count: number, seconds: number, options: TaskOptions) => ({
  items: itemsOf({ count, seconds, options }),
  concurrency: Math.min(500, count),
});

/** Counts the creates after the moment at which all of the high ones wait. */
export async function highAmongLow(place: Place): Promise<Measured> {
  await place.newWorker(atMost(CAP)).start();
  const [low, high] = [200, 20];
  await begin(place, 'low', batchOf(low + CAP, 15, { priority: 'low' }));
  await until('the low ones wait', async () => (await waiting(place)) >= low - 2 * CAP);
  const before = await waiting(place);
  await begin(place, 'high', batchOf(high, 15, { priority: 'high' }));
  await until('the high ones wait or run', async () => {
    const started = createsOf(await ledgerOf(place), 'high').length;
    return started > 0 || (await waiting(place)) >= before;
  });
  for (const id of ['low', 'high']) await resultOf(place, id);
  const ledger = await ledgerOf(place);
  const highs = createsOf(ledger, 'high').map(({ at }) => at);
  const lows = createsOf(ledger, 'low').map(({ at }) => at);
  const [firstHigh, lastHigh] = [Math.min(...highs), Math.max(...highs)];
  const between = lows.filter((at) => at >= firstHigh && at <= lastHigh).length;
  const later = lows.filter((at) => at >= firstHigh).length;
  const figures = `the last high create is number ${high + between} of the ${high + later} from the first high one on`;
  const broken = between > CAP ? [`${between} low ones went before the last high one`] : [];
  return { what: `${low} low ones wait, then ${high} high ones come; ${CAP} in flight`, figures, broken };
}

export async function smallBesideLarge(place: Place): Promise<Measured> {
  await place.newWorker(atMost(CAP)).start();
  const [large, small] = [1_000, 10];
  await begin(place, 'large', batchOf(large, 5, { tenant: 'large' }));
  await until('the large one waits', async () => (await waiting(place)) >= 150);
  const beganMs = Date.now();
  await begin(place, 'small', batchOf(small, 5, { tenant: 'small' }));
  for (const id of ['small', 'large']) await resultOf(place, id);
  const ledger = await ledgerOf(place);
  const waits = (id: string) => createsOf(ledger, id).map(({ at }) => (at - beganMs) / 1000);
  const [own, others] = [median(waits('small')), median(waits('large').filter((seconds) => seconds > 0))];
  const figures = `median wait ${own.toFixed(1)} s of the small one, ${others.toFixed(1)} s of the large one`;
  return {
    what: `tenants with ${large} and ${small}; ${CAP} in flight`,
    figures,
    broken: own < others / 3 ? [] : ['the small one waits'],
  };
}

export async function capOfThreeWorkers(place: Place): Promise<Measured> {
  for (let i = 0; i < 3; i++) await place.newWorker(atMost(60)).start();
  for (const id of ['a', 'b']) await begin(place, id, batchOf(200, 8, {}));
  for (const id of ['a', 'b']) await resultOf(place, id);
  const { creates } = await ledgerOf(place);
  const most = maxInFlight(creates);
  const broken = [
    ...(most > 60 || creates.length !== 400 ? [`${most} in flight, ${creates.length} creates`] : []),
    ...(most < 54 ? [`only ${most} in flight: the cap held nothing back`] : []),
  ];
  return { what: 'three workers, two batches of 200, a cap of 60', figures: `at most ${most} in flight`, broken };
}
