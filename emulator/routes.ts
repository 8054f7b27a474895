/** Which operation a method and a path mean. */

const ROUTES = {
  create: 'POST responses',
  retrieve: 'GET responses/*',
  delete: 'DELETE responses/*',
  cancel: 'POST responses/*/cancel',
  input_items: 'GET responses/*/input_items',
  model_list: 'GET models',
  model_retrieve: 'GET models/*',
  file_create: 'POST files',
  file_list: 'GET files',
  file_retrieve: 'GET files/*',
  file_content: 'GET files/*/content',
  file_delete: 'DELETE files/*',
  container_create: 'POST containers',
  container_list: 'GET containers',
  container_retrieve: 'GET containers/*',
  container_delete: 'DELETE containers/*',
  container_file_create: 'POST containers/*/files',
  container_file_list: 'GET containers/*/files',
  container_file_retrieve: 'GET containers/*/files/*',
  container_file_content: 'GET containers/*/files/*/content',
  container_file_delete: 'DELETE containers/*/files/*',
  vector_store_create: 'POST vector_stores',
  vector_store_list: 'GET vector_stores',
  vector_store_retrieve: 'GET vector_stores/*',
  vector_store_update: 'POST vector_stores/*',
  vector_store_delete: 'DELETE vector_stores/*',
  vector_store_file_create: 'POST vector_stores/*/files',
  vector_store_file_list: 'GET vector_stores/*/files',
  vector_store_file_retrieve: 'GET vector_stores/*/files/*',
  vector_store_file_delete: 'DELETE vector_stores/*/files/*',
  vector_store_batch_create: 'POST vector_stores/*/file_batches',
  vector_store_batch_retrieve: 'GET vector_stores/*/file_batches/*',
  vector_store_batch_files: 'GET vector_stores/*/file_batches/*/files',
} as const;

type Route = keyof typeof ROUTES;

/** `stream` is a `retrieve` that asks for events. */
export type Op = Route | 'stream';

const NAMES = Object.keys(ROUTES) as Route[];

export const OPS: readonly Op[] = [...NAMES, 'stream'];

const fits = (route: string, method: string, path: readonly string[]): boolean => {
  const [verb, pattern = ''] = route.split(' ');
  const parts = pattern.split('/');
  return verb === method && parts.length === path.length && parts.every((part, i) => part === '*' || part === path[i]);
};

/** The operation; `other` for none. Whether events are wanted says the query, and never an `accept` header. */
export function routeOf(method: string, path: readonly string[], query: URLSearchParams): Op | 'other' {
  const name = NAMES.find((op) => fits(ROUTES[op], method, path)) ?? 'other';
  return name === 'retrieve' && query.get('stream') === 'true' ? 'stream' : name;
}
