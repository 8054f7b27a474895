/** Who is told of the ends of runs. */
import { z } from 'zod';
import { parseUrl } from '../src/network/parse-url';
import { reachOf, urlProblem } from '../src/network/url-policy';
import { WEBHOOK_TYPES } from './webhook-events';

/** As the API takes it, or of this machine. */
function checkTarget(text: string, context: z.RefinementCtx): void {
  const address = parseUrl(text);
  if (!address) return;
  const isHere = reachOf(address, []) === 'loopback';
  const problem = isHere ? undefined : urlProblem(text, { privateHosts: [] });
  if (problem !== undefined)
    context.addIssue({
      code: 'custom',
      message: 'expected this machine, or https:// to a host of the public internet',
    });
}

const endpoint = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).superRefine(checkTarget),
  /** With this, receivers check who has sent it. */
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'expected whsec_ and Base64'),
  /** Default: all. */
  events: z.array(z.enum(WEBHOOK_TYPES)).optional(),
});

const endpoints = z
  .array(endpoint)
  .refine((all) => new Set(all.map(({ url }) => url)).size === all.length, 'an address is there twice');

export type WebhookEndpoint = z.output<typeof endpoint>;

/** A list of endpoints that cannot be meant; the message names each endpoint (from 0) and field, and no secret. */
export class WebhookEndpointsError extends Error {
  override readonly name = 'WebhookEndpointsError';
}

/** @throws WebhookEndpointsError */
export function parseWebhooks(value: unknown): WebhookEndpoint[] {
  const { data, error } = endpoints.safeParse(value);
  if (data) return data;
  const lines = error.issues.map(({ path, message }) => `${path.length > 0 ? path.join('.') : 'webhooks'}: ${message}`);
  throw new WebhookEndpointsError(`Bad webhooks: ${lines.join('; ')}`);
}
