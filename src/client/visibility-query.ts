/** The only maker of visibility queries, and the only caller of lists and counts: no text of anybody gets into one. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { ID_PATTERN, type SEARCH_ATTRIBUTES } from '../names';

type Field = 'WorkflowType' | 'ExecutionStatus' | 'StartTime' | 'CloseTime' | keyof typeof SEARCH_ATTRIBUTES;

/** A part of a query. Made by the functions of this file and by nothing else, so that it is never a text from outside. */
export class Condition {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /**
   * Ids, names and times in ISO form are of the pattern of ids, without quotes, backslashes and spaces. What is not is
   * refused and never quoted.
   *
   * @throws TypeError for such a value: callers check theirs before, and tell what is wrong.
   */
  static of(field: Field, operator: '=' | '!=' | '>', value: string): Condition {
    if (typeof value !== 'string' || !ID_PATTERN.test(value)) throw new TypeError(`${field}: not a value of a query.`);
    return new Condition(`${field} ${operator} '${value}'`);
  }

  /** All of them hold. */
  static all(conditions: readonly Condition[]): Condition {
    return new Condition(conditions.map((condition) => condition.#text).join(' AND '));
  }

  /** At least one of them holds. */
  static any(conditions: readonly Condition[]): Condition {
    return new Condition(`(${conditions.map((condition) => condition.#text).join(' OR ')})`);
  }

  toString(): string {
    return this.#text;
  }
}

export const is = (field: Field, value: string): Condition => Condition.of(field, '=', value);
export const isNot = (field: Field, value: string): Condition => Condition.of(field, '!=', value);
export const isAfter = (field: 'StartTime' | 'CloseTime', time: Date): Condition =>
  Condition.of(field, '>', time.toISOString());
export const isOneOf = (field: Field, values: readonly string[]): Condition =>
  Condition.any(values.map((value) => is(field, value)));
export const all = (...conditions: readonly Condition[]): Condition => Condition.all(conditions);

/** Workflows, newest first; the iteration asks for a page when it gets there. */
export function listWhere(
  client: Client,
  condition: Condition,
  pageSize: number,
): AsyncIterable<WorkflowExecutionInfo> {
  return client.workflow.list({ query: String(condition), pageSize });
}

export async function countWhere(client: Client, condition: Condition): Promise<number> {
  return (await client.workflow.count(String(condition))).count;
}
