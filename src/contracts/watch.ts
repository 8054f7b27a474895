/** How the end of a run is noticed. */

/** `auto` chooses among the others as it goes. */
export const WATCH_OPTIONS = ['poll', 'stream', 'webhook', 'auto'] as const;
export type WatchOption = (typeof WATCH_OPTIONS)[number];

export type WatchMode = Exclude<WatchOption, 'auto'>;

/** A change of the mode that the task did not ask for, or that `auto` chose. */
export interface Fallback {
  from: WatchMode;
  to: WatchMode;
  reason: string;
}

export interface Watched {
  /** The one in use, or the last one. */
  mode: WatchMode;
  fallbacks: Fallback[];
}
