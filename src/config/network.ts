/** Settings of the network: what may be private, and the proxy. */
import { z } from 'zod';
import type { ProxySettings } from '../network/dispatcher';
import { baseUrlProblem, normalHost, PRIVATE_HOSTS } from '../network/url-policy';

export interface NetworkConfig {
  /** Hosts that may have private addresses and be reached without TLS, each with its port or with none for all. */
  readonly privateHosts: readonly string[];
  readonly proxy: ProxySettings;
}

/** `host` or `host:port`, separated by commas or white space. */
export const privateHosts = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ''))
  .refine(
    (entries) => entries.every((entry) => normalHost(entry) !== undefined),
    'expected hosts such as llm.example.internal, 10.0.0.5:8080 or [fd00::1], separated by commas',
  )
  .transform((entries) => entries.map((entry) => normalHost(entry) ?? ''))
  .default([]);

interface NetworkValues {
  OPENAI_BASE_URL?: string;
  DURABLE_RESPONSES_PRIVATE_HOSTS: string[];
}

/** For `superRefine`: the address of upstream depends on the hosts that may be private. */
export function checkBaseUrl(values: NetworkValues, context: z.RefinementCtx): void {
  const { OPENAI_BASE_URL: url, [PRIVATE_HOSTS]: hosts } = values;
  const message = url === undefined ? undefined : baseUrlProblem(url, hosts);
  if (message !== undefined) context.addIssue({ code: 'custom', path: ['OPENAI_BASE_URL'], message });
}

/** As other programs read them: in lower case first. They are checked where they are used: not all are meant for us. */
export function proxyOf(env: Readonly<Record<string, string>>): ProxySettings {
  const read = (name: string) => env[name.toLowerCase()] ?? env[name];
  return Object.freeze({ http: read('HTTP_PROXY'), https: read('HTTPS_PROXY'), no: read('NO_PROXY') });
}

export const networkOf = (values: NetworkValues, env: Readonly<Record<string, string>>): NetworkConfig =>
  Object.freeze({ privateHosts: Object.freeze(values[PRIVATE_HOSTS]), proxy: proxyOf(env) });
