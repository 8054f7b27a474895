/**
 * A report from data sources, instead of `generate_comprehensive_report(client, ["sales_data.csv", ...])` of a script:
 * the files are really uploaded and searched, what the model draws is saved before its container expires, and nothing
 * is left upstream. Run `npm start` in another terminal first.
 */
import { join, resolve } from 'node:path';
import { DurableResponses } from 'durable-responses';

async function main(): Promise<void> {
  const [directory = 'report', data = resolve('examples', 'data')] = process.argv.slice(2);
  const client = await DurableResponses.connect();
  const { id } = await client.startReport({
    title: 'Comprehensive business intelligence report',
    sources: [{ path: join(data, 'sales_data.csv') }, { path: join(data, 'market_research.pdf') }],
    options: { priority: 'high' },
  });
  console.log(`started: ${id}`);
  const { status, missing, notCleaned } = await client.reportResult(id);
  console.log(`${status}: ${missing.length} things missing, ${notCleaned.length} left upstream`);
  for (const path of await client.saveReport(id, directory)) console.log(path);
  await client.close();
}

void main();
