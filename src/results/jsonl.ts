/** One record a line. */
import type { BatchRecord } from '../contracts';

export async function* jsonLines(records: AsyncIterable<BatchRecord>): AsyncGenerator<string> {
  for await (const record of records) yield `${JSON.stringify(record)}\n`;
}
