/** The gate in front of an account: how many responses may run at once, and how fast they may be created. */

/** Limits of the account behind a key; every worker of a task queue gets the same. */
export interface AccountLimits {
  /** Responses that may be in flight at once, of all workers together. */
  maxInFlight?: number;
  /** Creates per second, of all workers together. */
  maxCreatesPerSecond?: number;
}

/** A task that wants to create a response. */
export interface Seeker {
  /** The id of its workflow. */
  id: string;
  /** 1 goes first. */
  priorityKey: number;
  /** Whose share it takes: among equals, whoever has the fewest in flight goes first. */
  fairnessKey: string;
}

/** What a worker tells the gate, for many tasks at once. */
export interface GateExchange {
  limits: AccountLimits;
  /** Ids whose response has ended. */
  leave: string[];
  enter: Seeker[];
}

/** The moment from which each may create. Who is not in it waits for the `permitGranted` signal. */
export interface GateAnswer {
  notBeforeMs: Record<string, number>;
}

/** What the workflow of a gate carries over continue-as-new. */
export interface GateState {
  limits: AccountLimits;
  holders: { id: string; fairnessKey: string; notBeforeMs: number; checkedMs: number }[];
  /** In the order of their coming. */
  waiting: Seeker[];
  /** When the next create may be sent. */
  nextCreateMs: number;
  /** When it was last asked who has ended. Not in what older code or a worker has written. */
  askedMs?: number;
}

/** The answer of the `gateStatus` query. */
export interface GateStatus {
  limits: AccountLimits;
  inFlight: number;
  waiting: number;
}
