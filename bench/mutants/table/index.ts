/** All mutants. */
import type { Mutant } from '../mutant';
import { CREATE } from './create';
import { FINISH_TABLE } from './finish';
import { MODES_TABLE } from './modes';
import { PURE } from './pure';
import { TASK } from './task';
import { UPSTREAM } from './upstream';
import { WATCH } from './watch';

export const MUTANTS: readonly Mutant[] = [
  ...PURE,
  ...UPSTREAM,
  ...CREATE,
  ...TASK,
  ...WATCH,
  ...FINISH_TABLE,
  ...MODES_TABLE,
];
