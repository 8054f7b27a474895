/** Registers the search attributes of this project where it may. */
import { messageOf } from './errors';
import type { Connection } from '@temporalio/client';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';
import { SEARCH_ATTRIBUTES } from './names';

/** Two calls that take milliseconds; 5 s each keep a start short on a server that hangs. */
const CALL_TIMEOUT_MS = 5000;

/**
 * Makes sure that the namespace has the search attributes: lists them and adds what is missing. A refusal is a result,
 * since tasks run without them as well.
 */
export async function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<'ready' | { missing: string[]; reason: string }> {
  const wanted = Object.values(SEARCH_ATTRIBUTES).flatMap(({ name, type }) => {
    const code = encodeSearchAttributeIndexedValueType(type);
    return code === undefined ? [] : [{ name, type: code }];
  });
  let missing = wanted;
  try {
    const present = await list(connection, namespace);
    const clash = wanted.filter(({ name, type }) => present[name] !== undefined && present[name] !== type);
    if (clash.length > 0) {
      return { missing: clash.map(({ name }) => name), reason: 'registered with another type than Keyword' };
    }
    missing = wanted.filter(({ name }) => present[name] === undefined);
    if (missing.length === 0) return 'ready';
    await add(connection, namespace, Object.fromEntries(missing.map(({ name, type }) => [name, type])));
    return 'ready';
  } catch (error) {
    return { missing: missing.map(({ name }) => name), reason: messageOf(error) };
  }
}

type Types = Awaited<ReturnType<Connection['operatorService']['listSearchAttributes']>>['customAttributes'];

async function list(connection: Connection, namespace: string): Promise<Types> {
  const call = () => connection.operatorService.listSearchAttributes({ namespace });
  const { customAttributes } = await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, call);
  return customAttributes;
}

async function add(connection: Connection, namespace: string, searchAttributes: Types): Promise<void> {
  const call = () => connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, call);
}
