/** Plans of visits for tests. */
import type { VisitPlan } from '../../src/contracts';

/** Looks at once, waits next to nothing, and knows no deadline that matters. */
export function planOf(fields: Partial<VisitPlan> = {}): VisitPlan {
  return {
    intervalsSeconds: [0.001],
    pollIndex: 0,
    inlineWaitSeconds: 5,
    retryAfterSeconds: null,
    missing: 0,
    maxSeconds: 3600,
    maxQueuedSeconds: null,
    lookFirst: true,
    maxOutputBytes: 1_000_000,
    answerKey: null,
    include: [],
    ...fields,
  };
}
