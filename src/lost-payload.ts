/** What stands for a payload that is lost, until an interceptor makes a failure of it. Pure: also in workflows. */
import { ApplicationFailure } from '@temporalio/common';

const FIELD = 'durable-responses/lost-payload';

/** The type of the failure: the store has something no more, or has changed it. */
export const LOST_PAYLOAD = 'PayloadLost';

/** @param message What is lost, and what to do. */
export const lostPayload = (message: string) => ({ [FIELD]: message });

const messageOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[FIELD] : undefined;

/** Whether one of the values is lost. */
export const someLost = (values: readonly unknown[]): boolean =>
  values.some((value) => typeof messageOf(value) === 'string');

/** @throws ApplicationFailure `PayloadLost`, that no attempt repeats, when one of the values is lost. */
export function refuseLost(values: readonly unknown[]): void {
  const message = values.map(messageOf).find((one) => typeof one === 'string');
  if (message !== undefined) throw ApplicationFailure.nonRetryable(message, LOST_PAYLOAD);
}
