/** What a fault plan may say, and how a bad one is refused. */
import { z } from 'zod';
import { OPS } from './routes';
import { STREAM_FAULTS } from './stream-fault-rules';
import { WEBHOOK_FAULTS } from './webhook-fault-rules';

const ms = z.number().min(0);
const count = z.number().int().min(1);

/** `accept`: the request is carried out, and only the answer goes wrong. */
const accept = z.boolean().optional();

const fault = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    status: z.number().int().min(300).max(599),
    code: z.string().nullish(),
    type: z.string().optional(),
    /** `{key}` is the key that was sent; `{prompt}` and `{credentials}` (of tools) are those of the request. */
    message: z.string().optional(),
    /** `{date+5}` in a value is the HTTP date five seconds from now. */
    headers: z.record(z.string(), z.string()).optional(),
    /** Written by the API (default), by a gateway in between, or by nobody. */
    body: z.enum(['openai', 'html', 'empty']).optional(),
  }),
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
  /** 404 for the first seconds of a response. */
  z.strictObject({ kind: z.literal('not_found'), forSeconds: z.number().min(0) }),
  /** A response that has completed is shown as in progress. */
  z.strictObject({ kind: z.literal('regress') }),
  /** On a cancel: it is answered as ever, and the run ends as scripted all the same. */
  z.strictObject({ kind: z.literal('late_completion') }),
  z.strictObject({ kind: z.literal('redirect'), to: z.string() }),
  z.strictObject({ kind: z.literal('huge'), bytes: count }),
  ...STREAM_FAULTS,
  ...WEBHOOK_FAULTS,
]);

/** The operations of which faults of this sort can be; none for those that can be of any request. */
const OPS_OF_SORTS: readonly [prefix: string, ops: readonly string[]][] = [
  ['stream_', ['create', 'stream', '*']],
  ['webhook_', ['webhook', '*']],
];

/** A rule that can never fire would let a test prove nothing. */
function isPossible({ op, do: { kind } }: { op: string; do: { kind: string } }): boolean {
  const ops = OPS_OF_SORTS.find(([prefix]) => kind.startsWith(prefix))?.[1];
  return ops ? ops.includes(op) : op !== 'webhook';
}

/** `/regex/`, or the end of a task id. @throws SyntaxError */
export function patternOf(text: string): RegExp {
  const regex = /^\/(.*)\/$/.exec(text)?.[1];
  return new RegExp(regex ?? `${text.replace(/[^A-Za-z0-9]/g, '\\$&')}$`);
}

function isPattern(text: string): boolean {
  try {
    return patternOf(text) instanceof RegExp;
  } catch {
    return false;
  }
}

const rule = z
  .strictObject({
    /** The operation, or `webhook`; `*` for any. */
    op: z.enum([...OPS, 'webhook', '*']).default('*'),
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
  })
  .refine(isPossible, { path: ['op'], message: 'this fault cannot be of this operation' });

export type Fault = z.output<typeof fault>;
export type StreamFault = Extract<Fault, { kind: `stream_${string}` }>;
export type WebhookFault = Extract<Fault, { kind: `webhook_${string}` }>;
export type FaultRule = z.input<typeof rule>;
export type CheckedRule = z.output<typeof rule>;

/** A fault plan that cannot be meant; the message names each rule (from 0) and field. */
export class FaultPlanError extends Error {
  override readonly name = 'FaultPlanError';
}

/** @throws FaultPlanError */
export function parseFaults(value: unknown): CheckedRule[] {
  const { data, error } = z.array(rule).safeParse(value);
  if (data) return data;
  const lines = error.issues.map(({ path, message }) => `${path.length > 0 ? path.join('.') : 'plan'}: ${message}`);
  throw new FaultPlanError(`Bad fault plan: ${lines.join('; ')}`);
}
