/** What became of creates that nobody had the reply of: by the ledger and the statuses of upstream. */
import type { CreateRow } from '../../emulator';
import { hasEnded } from '../checks/evidence';
import { checkCreates } from '../checks/money';
import type { Upstream } from '../kills/judge';
import type { End } from '../kills/work';
import type { Waves } from './run';

export interface CreatesVerdict {
  waves: Waves;
  /** Responses that were made by a create whose reply nobody had. */
  lost: number;
  /** Of them, those that their task went on with. */
  adopted: number;
  /** Of the others, those that a result names with the id, by the attempt alone. */
  namedById: number;
  namedByAttempt: number;
  /** Of those with an id. */
  cancelled: number;
  /** Creates that no result tells of. */
  silent: string[];
  /** Orphans that still go on at the end. */
  running: string[];
  /** Ends that may not be. */
  wrong: string[];
}

/** By the plan, no first create of a task is answered. */
const isLost = ({ metadata }: CreateRow): boolean => metadata.attempt === '1';

const namesId = (end: End, { id }: CreateRow): boolean =>
  end.possibleOrphans.some(({ responseId }) => responseId === id);

const namesAttempt = (end: End, { metadata }: CreateRow): boolean =>
  end.possibleOrphans.some(({ attempt }) => String(attempt) === metadata.attempt);

export function judgeCreates(waves: Waves, { ledger, statuses }: Upstream): CreatesVerdict {
  const ends = new Map(waves.ends.map((end) => [end.taskId, end]));
  const endOf = ({ metadata }: CreateRow) => ends.get(metadata.task_id ?? '');
  const lost = ledger.creates.filter(isLost);
  const isOwn = (create: CreateRow) => endOf(create)?.responseId === create.id;
  const orphans = ledger.creates.filter((create) => !isOwn(create));
  const byId = orphans.filter((create) => endOf(create) !== undefined && namesId(endOf(create)!, create));
  const byAttempt = orphans.filter(
    (create) => !byId.includes(create) && endOf(create) !== undefined && namesAttempt(endOf(create)!, create),
  );
  const allowed = ['completed', 'unknown'];
  return {
    waves,
    lost: lost.length,
    adopted: lost.filter(isOwn).length,
    namedById: byId.length,
    namedByAttempt: byAttempt.length,
    cancelled: byId.filter(({ id }) => statuses[id] === 'cancelled').length,
    silent: checkCreates(waves.ends, ledger).map(({ what }) => what),
    running: orphans.filter(({ id }) => !hasEnded(statuses[id])).map(({ id }) => `${id}: ${statuses[id]} upstream`),
    wrong: waves.ends.filter(({ status }) => !allowed.includes(status)).map((end) => `${end.taskId}: ${end.status}`),
  };
}

export const brokenCreates = ({ waves, silent, running, wrong, lost }: CreatesVerdict, wanted: number): string[] => [
  ...silent,
  ...running,
  ...wrong,
  ...(waves.killed < wanted ? [`only ${waves.killed} creates were under way when their worker was killed`] : []),
  ...(lost === 0 ? ['no lost create was accepted: nothing was proved'] : []),
];
