/** The wait before something that was refused, and may be taken later, is sent again. */
import { condition } from '@temporalio/workflow';
import type { UpstreamFault } from '../contracts';
import { createBackoffSeconds } from './policies';
import { deadlineMs, showDetails, type Task } from './task-state';

interface Refused {
  what: 'create' | 'upload';
  /** So far. */
  tries: number;
  /** Null when nothing was sent at all. */
  fault: UpstreamFault | null;
  /** Ends the wait. */
  ready: () => boolean;
}

/** Longer with each try, never shorter than upstream has said, and never beyond the deadline. */
export async function waitToSendAgain(task: Task, { what, tries, fault, ready }: Refused): Promise<void> {
  const seconds = Math.max(createBackoffSeconds(tries), fault?.retryAfterSeconds ?? 0);
  const leftMs = deadlineMs(task) - Date.now();
  const summary = `${what} again in ${seconds} s${fault ? `: ${fault.type}` : ''}`;
  showDetails(task);
  await condition(ready, Math.max(1, Math.min(seconds * 1000, leftMs)), { summary });
}
