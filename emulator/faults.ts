/** The fault plan: ordered, seeded rules. The first rule that fits a request decides. */
import { z } from 'zod';

const ms = z.number().min(0);
const count = z.number().int().min(1);

const status = z.strictObject({
  kind: z.literal('status'),
  status: z.number().int().min(300).max(599),
  code: z.string().nullish(),
  type: z.string().optional(),
  message: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Written by the API (default), by a gateway in between, or by nobody. */
  body: z.enum(['openai', 'html', 'empty']).optional(),
});

/** `/regex/`, or the end of a task id. */
function patternOf(text: string): RegExp {
  const regex = /^\/(.*)\/$/.exec(text)?.[1];
  return new RegExp(regex ?? `${text.replace(/[^A-Za-z0-9]/g, '\\$&')}$`);
}

/** `accept`: the request is carried out, and only the answer goes wrong. */
const accept = z.boolean().optional();

const fault = z.discriminatedUnion('kind', [
  status,
  z.strictObject({ kind: z.literal('drop'), accept }),
  z.strictObject({ kind: z.literal('hang'), accept, ms: ms.optional() }),
  z.strictObject({ kind: z.literal('stall'), accept }),
  z.strictObject({
    kind: z.literal('garbage'),
    accept,
    body: z.enum(['html', 'null', 'cut', 'wrong_types', 'no_output', 'no_status', 'array']),
  }),
  /** Carried out at once, answered late. */
  z.strictObject({ kind: z.literal('delay'), ms }),
  /** Carried out late. */
  z.strictObject({ kind: z.literal('late'), ms }),
  z.strictObject({ kind: z.literal('not_found'), forSeconds: z.number().min(0) }),
  z.strictObject({ kind: z.literal('regress') }),
  z.strictObject({ kind: z.literal('redirect'), to: z.string() }),
  z.strictObject({ kind: z.literal('huge'), bytes: count }),
]);

const OPS = [
  'create',
  'retrieve',
  'cancel',
  'delete',
  'input_items',
  'file_create',
  'file_retrieve',
  'file_delete',
  'container_retrieve',
  'container_delete',
  '*',
] as const;

function isPattern(text: string): boolean {
  try {
    return patternOf(text) !== null;
  } catch {
    return false;
  }
}

const rule = z.strictObject({
  /** The operation; `*` for any. */
  op: z.enum(OPS).default('*'),
  /** `metadata.task_id` is or ends with this; or `/regex/`. */
  task: z
    .string()
    .min(1)
    .refine(isPattern, 'expected the end of a task id, or a regular expression in slashes')
    .optional(),
  /** Which of the fitting requests of one task, from 1. */
  nth: z.union([count, z.strictObject({ from: count, to: count.optional() })]).optional(),
  probability: z.number().min(0).max(1).optional(),
  /** At most so often in all. */
  times: count.optional(),
  do: fault,
});

export type Fault = z.output<typeof fault>;
export type FaultRule = z.input<typeof rule>;

/** A fault plan that cannot be meant; the message names each rule (from 0) and field. */
export class FaultPlanError extends Error {
  override readonly name = 'FaultPlanError';
}

/** @throws FaultPlanError */
export function parseFaults(value: unknown): z.output<typeof rule>[] {
  const { data, error } = z.array(rule).safeParse(value);
  if (data) return data;
  const lines = error.issues.map(({ path, message }) => `${path.length > 0 ? path.join('.') : 'plan'}: ${message}`);
  throw new FaultPlanError(`Bad fault plan: ${lines.join('; ')}`);
}

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
  return patternOf(pattern).test(task);
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
