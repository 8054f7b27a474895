/** A batch as one page that stands alone: `batch results ID --html FILE`. */
import type { BatchRecord } from '../../contracts';
import { BASE_STYLE, html, pageEnd, pageHead } from '../../html';
import { addRecord, noFigures } from './figures';
import { PAGE_SCRIPT } from './script';
import { headerOf, plotsOf, type PageFacts } from './summary';
import { failuresOf, recordsTable, rowJson } from './tables';

export type { PageFacts } from './summary';

/** Characters of an answer on the page; fewer where there are so many that no browser would like it. */
const EXCERPT_CHARS = 300;
const MANY_RECORDS = 20_000;
const SHORT_EXCERPT_CHARS = 80;

/**
 * The page, part by part. The data of the records go first, since what is said above the table is known only when all
 * have passed: so no answer is kept in memory.
 */
export async function* batchPage(facts: PageFacts, records: AsyncIterable<BatchRecord>): AsyncGenerator<string> {
  const { result } = facts;
  const frame = { title: `Batch ${result.batchId}`, style: BASE_STYLE, script: PAGE_SCRIPT };
  const maxChars = result.total > MANY_RECORDS ? SHORT_EXCERPT_CHARS : EXCERPT_CHARS;
  const figures = noFigures();
  yield `${pageHead(frame)}<script type="application/json" id="records">[`;
  let separator = '\n';
  for await (const record of records) {
    addRecord(figures, record);
    yield separator + rowJson(record, maxChars);
    separator = ',\n';
  }
  yield '\n]</script>\n';
  yield html`<main>${headerOf(facts, figures)}${failuresOf(figures)}${plotsOf(facts, figures)}${recordsTable()}</main>`
    .text;
  yield pageEnd(frame);
}
