/**
 * A report from data sources, instead of `generate_comprehensive_report(client, ["sales_data.csv", ...])` of a script:
 * the files are really uploaded and searched, what the model draws is saved before its container expires, and nothing
 * is left upstream. Run `npm start` in another terminal first.
 */
import { resolve } from 'node:path';
import { DurableResponses } from 'durable-responses';

const DATA = resolve('examples', 'data');

async function main(): Promise<void> {
  const directory = process.argv[2] ?? 'report';
  const client = await DurableResponses.connect();
  const { id } = await client.startReport({
    title: 'Comprehensive business intelligence report',
    sources: [{ path: resolve(DATA, 'sales_data.csv') }, { path: resolve(DATA, 'market_research.pdf') }],
    options: { priority: 'high' },
  });
  console.log(`started: ${id}`);
  const { status, missing, notCleaned } = await client.reportResult(id);
  console.log(`${status}: ${missing.length} things missing, ${notCleaned.length} left upstream`);
  for (const path of await client.saveReport(id, directory)) console.log(path);
  await client.close();
}

void main();
