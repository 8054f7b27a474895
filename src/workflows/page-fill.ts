/** How fast a page fills its window. */
import { condition, patched } from '@temporalio/workflow';
import type { Page } from './page-state';

/** In one second at most so many tasks, about what two cores can also replace when they end; more in a large window. */
const STEP = 6;
const MAX_STEPS = 64;
const STEP_MS = 1_000;
/** What it was before `slower-fill`. */
const OLD_MAX_STEPS = 16;

function stepOf(slots: number): number {
  const isSame = slots <= STEP * OLD_MAX_STEPS;
  return Math.max(STEP, Math.ceil(slots / (isSame || patched('slower-fill') ? MAX_STEPS : OLD_MAX_STEPS)));
}

/**
 * A window that is filled at once is filled anew at once when tasks take equally long: what the engine cannot start in
 * that moment is missing from it, and upstream's limits see the burst. So the first tasks come in steps.
 */
export async function paceFilling(page: Page, started: number): Promise<void> {
  const { slots } = page.input;
  if (started === 0 || started >= slots || started % stepOf(slots) !== 0) return;
  await condition(() => page.stop !== null, STEP_MS, { summary: 'fill the window step by step' });
}
