/** I2: what was created upstream, and who tells of it. */
import type { Ledger } from '../../emulator';
import { broken, type Accounts, type Broken } from './evidence';

/** As the guarantees have it: creates of one task that may have been accepted without our knowing. */
const MOST_LOST_CREATES = 2;

export interface Money {
  creates: number;
  /** Creates that no record accounts for: paid in silence. */
  silent: string[];
  /** Records that name a response which was never created. */
  invented: string[];
  reportedRetries: number;
  reportedOrphans: number;
  /** Those of the reported possible orphans that do exist. */
  realOrphans: number;
  /** Ids of the responses that a record calls its own, retries included. */
  own: Set<string>;
}

type Create = Ledger['creates'][number];

const nameOf = ({ metadata }: Create): string => `${metadata.task_id} attempt ${metadata.attempt}`;

/**
 * Every create of the ledger is one that a record tells of, each by itself: the response that counts and those before
 * it by their ids, a possible orphan by its task and attempt. A reported orphan that never was excuses nothing.
 */
export function checkMoney(records: readonly Accounts[], { creates }: Pick<Ledger, 'creates'>): Money {
  const own = new Set(
    records.flatMap(({ responseId, retries }) => [
      ...(responseId === null ? [] : [responseId]),
      ...retries.map((retry) => retry.responseId),
    ]),
  );
  const reported = records.flatMap(({ possibleOrphans }) => possibleOrphans);
  const orphans = new Set(reported.map(({ taskId, attempt }) => `${taskId} attempt ${attempt}`));
  const others = creates.filter(({ id }) => !own.has(id));
  const silent = others.filter((create) => !orphans.has(nameOf(create)));
  const made = new Set(creates.map(({ id }) => id));
  return {
    creates: creates.length,
    silent: silent.map((create) => `${create.id}: ${nameOf(create)} is in no record`),
    invented: [...own].filter((id) => !made.has(id)).map((id) => `${id}: in a record, never created`),
    reportedRetries: records.reduce((sum, { retries }) => sum + retries.length, 0),
    reportedOrphans: reported.length,
    realOrphans: others.length - silent.length,
    own,
  };
}

/** What still runs upstream; a possible orphan that was named is not counted, since nobody knows its id. */
export function leftRunning(statuses: Record<string, string>, { own, silent }: Money): string[] {
  const known = new Set([...own, ...silent.map((text) => text.split(':')[0] ?? '')]);
  return Object.entries(statuses)
    .filter(([id, status]) => known.has(id) && ['queued', 'in_progress'].includes(status))
    .map(([id, status]) => `${id}: still ${status} upstream`);
}

/** A POST that somebody sent again by himself has the attempt of the one before it. */
function repeated(creates: readonly Create[]): string[] {
  const seen = new Map<string, string>();
  return creates.flatMap((create) => {
    const name = nameOf(create);
    const earlier = seen.get(name);
    seen.set(name, create.id);
    return earlier === undefined ? [] : [`${name} was created twice: ${earlier} and ${create.id}`];
  });
}

/** @param records Of every task, in whatever form its result came. */
export function checkCreates(records: readonly Accounts[], ledger: Pick<Ledger, 'creates' | 'calls'>): Broken[] {
  const { silent, invented } = checkMoney(records, ledger);
  const many = records.filter(({ possibleOrphans }) => possibleOrphans.length > MOST_LOST_CREATES);
  const byTheClient = ledger.calls.filter(({ retryCount }) => retryCount > 0);
  const words = [
    ...silent,
    ...invented,
    ...repeated(ledger.creates),
    ...many.map(({ responseId, possibleOrphans: { length } }) => `${responseId}: ${length} creates may be lost`),
    ...byTheClient.map(({ op, task }) => `${op} for ${task}: sent again by the client itself`),
  ];
  return words.map((what) => broken('I2', what));
}
