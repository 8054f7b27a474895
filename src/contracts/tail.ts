/** What whoever watches a task is told. */
import type { TaskResult, TaskStatus } from './task';
import type { TaskStatusView } from './task-progress';

/** One thing that happened to a task that is watched. Plain JSON. */
export type TailEvent =
  /** Told when it changes. `phase` is null while no worker answers. */
  | { kind: 'status'; status: TaskStatus; phase: TaskStatusView['phase'] | null }
  /** More of the answer's text. What came since the last `restart`, put together, is the text. */
  | { kind: 'text'; delta: string }
  /** More of the summary of the reasoning. An empty line parts its sections. */
  | { kind: 'reasoning'; delta: string }
  /** A step of a tool, in the API's words: `web_search_call`, `searching`. */
  | { kind: 'tool'; tool: string; step: string }
  /** The text so far is void: there is a new response, or the text turned out to be another. It comes anew. */
  | { kind: 'restart' }
  /** The last one. When the result has a text, it is exactly what came since the last `restart`. */
  | { kind: 'end'; result: TaskResult };
