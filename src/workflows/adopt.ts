/** Responses that somebody else has heard of: one may be what a create made whose reply was lost. */
import type { ResponseOffer } from '../contracts';
import { RESPONSE_ID_PATTERN } from '../names';
import type { Task } from './task-state';

/** Anybody with access to the namespace can send a signal, and nothing can refuse one. */
function isOffer(value: Partial<ResponseOffer> | undefined): value is ResponseOffer {
  const { responseId, attempt } = value ?? {};
  return typeof responseId === 'string' && RESPONSE_ID_PATTERN.test(responseId) && Number.isInteger(attempt);
}

/**
 * Takes notice of a response that carries this task's id. Its own: it looks at it. One of a lost create: its id is noted,
 * so that the task can adopt it while it has no other, and the result can name it. Any other changes nothing.
 */
export function takeOffer(task: Task, offer: Partial<ResponseOffer> | undefined): void {
  if (!isOffer(offer)) return;
  const { progress } = task;
  if (offer.responseId === progress.responseId) {
    task.wake = 'look';
    return;
  }
  const lost = progress.possibleOrphans.find(({ attempt }) => attempt === offer.attempt);
  if (lost) lost.responseId ??= offer.responseId;
  else if (task.phase === 'creating' && offer.attempt === progress.attempts) task.offer = offer;
}

/** The id of what a create has made, when it was heard of before the create was known to be lost. */
export const offeredId = ({ offer, progress }: Task): string | undefined =>
  offer?.attempt === progress.attempts ? offer.responseId : undefined;

/** Whether there is a response to go on with in place of another create. */
export const canAdopt = ({ progress }: Task): boolean =>
  progress.responseId === null && progress.possibleOrphans.some(({ responseId }) => responseId !== undefined);

/** Goes on with the response of a lost create, if it is known: its money is spent, so it is no orphan any more. */
export function adopt(task: Task): boolean {
  const { progress } = task;
  const found = progress.possibleOrphans.find(({ responseId }) => responseId !== undefined);
  if (!found?.responseId || progress.responseId !== null) return false;
  progress.possibleOrphans = progress.possibleOrphans.filter((one) => one !== found);
  progress.responseId = found.responseId;
  progress.lastFault = null;
  progress.knownSinceMs = Date.now();
  task.phase = 'watching';
  task.wake = 'look';
  return true;
}
