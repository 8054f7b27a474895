/** Where a task stands at its beginning. */
import type { TaskInput, TaskProgress } from '../contracts';
import type { TaskSettings } from '../settings';
import { firstMode, START_OF_STREAM } from './modes';

export function freshProgress(input: TaskInput, settings: TaskSettings): TaskProgress {
  return {
    startedAtMs: Date.now(),
    status: 'queued',
    responseId: input.attach?.responseId ?? null,
    model: input.request?.model ?? input.stored?.model ?? null,
    createdAt: null,
    startedAt: null,
    polls: 0,
    creates: 0,
    heldMs: 0,
    attempts: 0,
    pollIndex: 0,
    retryAfterSeconds: null,
    missing: 0,
    lastFault: null,
    possibleOrphans: [],
    unknownStatuses: {},
    fileIds: [],
    lostUploads: [],
    include: input.request?.include ?? input.stored?.include ?? [],
    retries: [],
    knownSinceMs: 0,
    watched: { mode: firstMode(settings), fallbacks: [] },
    place: START_OF_STREAM,
    rechecks: 0,
  };
}
