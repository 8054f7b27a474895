/** The moments at which a test build of the worker kills itself; the product knows nothing of them. */
export const CRASH_POINTS = [
  /** The intent is on the server, nothing has been sent. */
  'create-unsent',
  /** Sent; no reply yet. */
  'create-sent',
  /** The reply has come, nobody has read the id. */
  'create-replied',
  /** The id is known to the process and to nobody else. */
  'id-unrecorded',
  /** The id is on the server. */
  'id-recorded',
  /** An activity has its result, and has not returned it. */
  'activity-unreturned',
  /** The server has the result; the workflow task that takes it is not answered. */
  'activity-returned',
  /** A timer is set in the workflow, and not on the server. */
  'timer-unset',
  /** A durable timer runs. */
  'timer-running',
  'cancel-unsent',
  'cancel-replied',
  /** The terminal GET is read, the activity has not returned. */
  'output-fetched',
  /** A large answer is in the store, and nobody has the claim. */
  'blob-written',
  'continue-unsent',
  /** The new run has begun. */
  'continued',
  /** A child of a page is started in the workflow, and not on the server. */
  'page-child',
  /** Records of a page are in the store, the activity has not returned. */
  'records-saved',
  /** The cleanup is done, its activity has not returned. */
  'cleaned',
  /** In the handler of `cancelTask`. */
  'signal-handler',
  /** An event of the stream of the create. */
  'create-event',
  /** An event of a stream that is followed. */
  'stream-event',
  /** In the receiver: before and after the GET that a webhook leads to. */
  'receiver-unasked',
  'receiver-asked',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];
