/** Who is compared, in the order of the table. */
import { dbos } from './dbos';
import { litellm } from './litellm';
import { restate } from './restate';
import type { Side } from './side';
import { floor, naive, ours, pydanticAi } from './temporal';

/** As all the others look: after 1 s, and then every 2 s. */
const USUAL = { pollIntervalsSeconds: [1, 2] };

export const OURS = ours('ours', 'ours', USUAL);

export const MANY_SIDES: readonly Side[] = [
  floor,
  naive,
  OURS,
  ours('ours-later', 'ours, the first look after 5 s', { pollIntervalsSeconds: [5, 2] }),
  ours('ours-webhook', 'ours, `webhook`', { watch: 'webhook' }),
  restate,
  dbos,
  pydanticAi,
  litellm,
];

/** Asked again with twice the runs: whether answers are lost. */
export const MORE_SIDES: readonly Side[] = [OURS, litellm];

export const FAULT_SIDES: readonly Side[] = [
  naive,
  OURS,
  ours('ours-fail', "ours, `onAmbiguousCreate: 'fail'`", { ...USUAL, onAmbiguousCreate: 'fail' }),
  restate,
  dbos,
  pydanticAi,
  litellm,
];
