/** Lists of the API, a page at a time. */
import { check, integer, oneOf } from './rules';

export interface Page<T> {
  object: 'list';
  data: T[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

/** The page with something else in place of each item: bodies are made for what is shown only. */
export const mappedPage = <T, U>(page: Page<T>, body: (item: T) => U): Page<U> => ({
  ...page,
  data: page.data.map(body),
});

export interface Limits {
  usual: number;
  max: number;
}

/** A page of `items`, which come oldest first. @throws ApiError 400 for a bad `limit` or `order`. */
export function pageOf<T extends { id: string }>(items: readonly T[], query: URLSearchParams, limits: Limits): Page<T> {
  const order = query.get('order') ?? 'desc';
  check(order, oneOf('asc', 'desc'), 'order');
  const text = query.get('limit');
  const limit = text === null ? limits.usual : Number(text);
  check(Number.isNaN(limit) ? text : limit, integer({ min: 1, max: limits.max }), 'limit');
  const all = order === 'asc' ? [...items] : [...items].reverse();
  const start = all.findIndex(({ id }) => id === query.get('after')) + 1;
  const data = all.slice(start, start + limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < all.length,
  };
}
