/**
 * `npm run demo`: a dozen runs as one batch over the emulator, one cancelled half-way, one failing, one attached to a
 * response that was created elsewhere. Never spends money: it uses the emulator even where a key is set.
 */
import { NativeConnection } from '@temporalio/worker';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { excerpt, print, say, table } from '../src/cli/output';
import { report } from '../src/cli/run';
import { waitFor } from '../src/cli/wait';
import { DurableResponses, type BatchResult } from '../src/client';
import { loadConfig, type Config } from '../src/config';
import { configuredTemporal, connectClient, ensureSearchAttributes } from '../src/connection';
import { parseBatchLines } from '../src/door';
import { holdEmbedded } from '../src/embedded';
import { installRuntime } from '../src/logging';
import { jsonLines } from '../src/results/jsonl';
import { writeWhole } from '../src/results/write';
import { beginStartup, StoppedError, type Startup } from '../src/startup';
import { openStore } from '../src/store/open';
import { createUpstream } from '../src/upstream';
import { createWorker } from '../src/worker';

/** What each task of `tasks.jsonl` that is not `completed` must end as: the demo fails when it does not. */
const EXPECTED: Record<string, string> = {
  'story-cut-short': 'incomplete',
  'fails-upstream': 'failed',
  'cancelled-half-way': 'cancelled',
};

const CANCEL_AFTER_MS = 6_000;

/** Settings of its own: never the real API, and a task queue on which no other worker listens. */
function demoConfig(): Config {
  return { ...loadConfig(), openai: {}, taskQueue: 'durable-responses-demo' };
}

/** Like a response that another program has started. */
async function createOutside(emulatorUrl: string): Promise<string> {
  const upstream = createUpstream({ apiKey: 'sk-emulator', baseURL: emulatorUrl });
  return upstream.create({ model: 'o3', input: 'A response that was created outside.', background: true });
}

async function readTasks(emulatorUrl: string) {
  const text = readFileSync(join('examples', 'tasks.jsonl'), 'utf8');
  const { items, problems } = parseBatchLines(
    text.replace('RESPONSE_CREATED_BY_THE_DEMO', await createOutside(emulatorUrl)),
  );
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return items;
}

async function runBatch(client: DurableResponses, emulatorUrl: string): Promise<BatchResult> {
  const { id } = await client.startBatch({ items: await readTasks(emulatorUrl), concurrency: 13 });
  say(`Batch ${id}: ${client.pageOf(id) ?? 'see your Temporal Web UI'}`);
  const cancel = setTimeout(() => {
    client.cancel(`${id}/cancelled-half-way`, 'half-way, by signal').catch((error: unknown) => say(String(error)));
  }, CANCEL_AFTER_MS);
  try {
    return await waitFor(client, id, (signal) => client.batchResult(id, { signal }));
  } finally {
    clearTimeout(cancel);
  }
}

/** Shows the records; true when every task ended as it should. */
function show(result: BatchResult, file: string): boolean {
  const records = result.records ?? [];
  const rows = records.map((r) => {
    const words = excerpt(r.result ?? r.error?.message ?? '', 48);
    return [r.id, r.status, r.seconds, r.polls, r.usage?.total_tokens ?? null, words];
  });
  print(`\n${table([['TASK', 'STATUS', 'SECONDS', 'LOOKS', 'TOKENS', 'FIRST WORDS'], ...rows])}\n`);
  print(`results: ${file}`);
  const wrong = records.filter(({ id, status }) => status !== (EXPECTED[id] ?? 'completed'));
  for (const { id, status } of wrong) say(`${id} ended as ${status}, expected ${EXPECTED[id] ?? 'completed'}`);
  return wrong.length === 0 && records.length === result.total;
}

async function connectWorker(config: Config, emulatorUrl: string) {
  const { connection: client, connectionOptions, namespace, encryption } = await connectClient(config);
  await ensureSearchAttributes(client, namespace);
  await client.close();
  const connection = await NativeConnection.connect(connectionOptions);
  const worker = await createWorker({
    connection,
    namespace,
    encryption,
    taskQueue: config.taskQueue,
    openai: { apiKey: 'sk-emulator', baseURL: emulatorUrl },
    // The emulator takes any value; a real worker reads the environment.
    secrets: () => 'value-of-the-demo',
    store: await openStore(config.store),
  });
  return { worker, connection };
}

async function runDemo(config: Config, emulatorUrl: string, keep: boolean, startup: Startup): Promise<boolean> {
  const client = await DurableResponses.connect({ config });
  const { worker, connection } = await connectWorker(config, emulatorUrl);
  try {
    startup.signal.throwIfAborted();
    startup.over();
    return await worker.runUntil(async () => {
      const result = await runBatch(client, emulatorUrl);
      const file = join(config.dataDir, 'results.jsonl');
      mkdirSync(config.dataDir, { recursive: true });
      await writeWhole(file, jsonLines((await client.batchReader(result.batchId)).records()));
      const good = show(result, file);
      if (client.uiUrl)
        print(`Web UI:  ${client.uiUrl}${keep ? ' (Ctrl-C ends it)' : ' (while it runs: npm run demo -- --keep)'}`);
      if (keep) await new Promise((resolve) => process.once('SIGINT', resolve));
      return good;
    });
  } finally {
    await connection.close();
    await client.close();
  }
}

async function main(): Promise<void> {
  const config = demoConfig();
  const startup = beginStartup(() => say('Stopping.'));
  installRuntime('ERROR');
  say('The demo uses the local emulator: answers are synthetic, nothing is paid.');
  const temporal = configuredTemporal(config) === undefined;
  const hold = await holdEmbedded(config, { temporal, emulator: true, onNotice: say, signal: startup.signal });
  try {
    if (!hold.emulatorUrl) throw new Error('The emulator did not start.');
    const demo = runDemo(config, hold.emulatorUrl, process.argv.includes('--keep'), startup);
    process.exitCode = (await startup.orStopped(demo)) ? 0 : 1;
  } finally {
    await hold.release();
  }
}

main()
  .catch((error: unknown) => {
    process.exitCode = error instanceof StoppedError ? 1 : report(error);
  })
  .finally(() => process.exit());
