/** The fault plan: ordered, seeded rules. The first rule that fits a request decides. */
import { z } from 'zod';

const status = z.object({
  kind: z.literal('status'),
  status: z.number().int().min(300).max(599),
  code: z.string().nullish(),
  type: z.string().optional(),
  message: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Written by the API (default), by a gateway in between, or by nobody. */
  body: z.enum(['openai', 'html', 'empty']).optional(),
});

/** `accept`: the request is carried out, and only the answer goes wrong. */
const accept = z.boolean().optional();

const fault = z.discriminatedUnion('kind', [
  status,
  z.object({ kind: z.literal('drop'), accept }),
  z.object({ kind: z.literal('hang'), accept, ms: z.number().optional() }),
  z.object({ kind: z.literal('stall'), accept }),
  z.object({
    kind: z.literal('garbage'),
    accept,
    body: z.enum(['html', 'null', 'cut', 'wrong_types', 'no_output', 'no_status', 'array']),
  }),
  /** Carried out at once, answered late. */
  z.object({ kind: z.literal('delay'), ms: z.number() }),
  /** Carried out late. */
  z.object({ kind: z.literal('late'), ms: z.number() }),
  z.object({ kind: z.literal('not_found'), forSeconds: z.number() }),
  z.object({ kind: z.literal('regress') }),
  z.object({ kind: z.literal('redirect'), to: z.string() }),
  z.object({ kind: z.literal('huge'), bytes: z.number() }),
]);

const rule = z.object({
  /** `create`, `retrieve`, `cancel`, `delete`, `input_items`, `file_create`, `file_delete`, `container_delete`, `*`. */
  op: z.string().default('*'),
  /** `metadata.task_id` is or ends with this; or `/regex/`. */
  task: z.string().optional(),
  /** Which of the fitting requests of one task, from 1. */
  nth: z.union([z.number().int(), z.object({ from: z.number().int(), to: z.number().int().optional() })]).optional(),
  probability: z.number().min(0).max(1).optional(),
  /** At most so often in all. */
  times: z.number().int().optional(),
  do: fault,
});

export type Fault = z.output<typeof fault>;
export type FaultRule = z.input<typeof rule>;

/** @throws ZodError naming the rule and the field that is wrong. */
export const parseFaults = (value: unknown): z.output<typeof rule>[] => z.array(rule).parse(value);

export interface Request {
  op: string;
  task: string | null;
}

/** A small seeded generator: the same seed gives the same run. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function fitsTask(pattern: string | undefined, task: string | null): boolean {
  if (pattern === undefined) return true;
  if (task === null) return false;
  const regex = /^\/(.*)\/$/.exec(pattern)?.[1];
  return regex === undefined ? task.endsWith(pattern) : new RegExp(regex).test(task);
}

function fitsNth(nth: z.output<typeof rule>['nth'], count: number): boolean {
  if (nth === undefined) return true;
  if (typeof nth === 'number') return count === nth;
  return count >= nth.from && count <= (nth.to ?? Infinity);
}

export class FaultPlan {
  private readonly rules: z.output<typeof rule>[];
  private readonly counts = new Map<string, number>();
  private readonly next: () => number;
  /** How often each rule has fired. */
  readonly fired: number[];

  constructor(rules: FaultRule[], seed: number) {
    this.rules = parseFaults(rules);
    this.fired = this.rules.map(() => 0);
    this.next = random(seed);
  }

  /** The fault for a request; counts it for every rule that it fits. */
  pick({ op, task }: Request): Fault | undefined {
    let picked: Fault | undefined;
    this.rules.forEach((candidate, i) => {
      if ((candidate.op !== '*' && candidate.op !== op) || !fitsTask(candidate.task, task)) return;
      const key = `${i}/${task ?? ''}`;
      const count = (this.counts.get(key) ?? 0) + 1;
      this.counts.set(key, count);
      const due = fitsNth(candidate.nth, count) && (this.fired[i] ?? 0) < (candidate.times ?? Infinity);
      if (picked || !due || (candidate.probability !== undefined && this.next() >= candidate.probability)) return;
      this.fired[i] = (this.fired[i] ?? 0) + 1;
      picked = candidate.do;
    });
    return picked;
  }
}
