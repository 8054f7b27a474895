/** What operations work with, and what they are told of a request. */
import { randomBytes } from 'node:crypto';
import type { SizedCache } from './cache';
import type { Store } from './store';
import type { Pace } from './types';

export interface ApiContext {
  store: Store;
  profile: 'openai' | 'azure';
  pace: Pace;
  /** Keys that are let in; without a list every `sk-...` is. */
  keys?: readonly string[];
  /** Bodies of ended responses. */
  bodies: SizedCache;
}

/** A request as an operation sees it. */
export interface Request {
  /** Below `/v1`. */
  path: readonly string[];
  query: URLSearchParams;
  contentType: string;
  body: Buffer;
  /** The body, where it is JSON. */
  json: unknown;
}

export const newId = (prefix: string, bytes = 24): string => prefix + randomBytes(bytes).toString('hex');

/** The id in the path. */
export const idIn = ({ path }: Request): string => path[1] ?? '';
