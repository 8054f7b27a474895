/** `doctor`: is everything there that a task needs, and what to do where it is not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, type Config } from '../config';
import { connectClient, ensureSearchAttributes, type ConnectedTemporal } from '../connection';
import { readEmbedded } from '../embedded';
import { UnreachableError } from '../errors';
import { createUpstream, needsEmulator, upstreamOptions } from '../upstream';
import { EXIT, print, printJson } from './output';
import { report } from './run';

interface Finding {
  name: string;
  ok: boolean;
  message: string;
}

/** `TASK_QUEUE_TYPE_WORKFLOW` of the service's API. */
const WORKFLOW_QUEUE = 1;

/** Each check is short; all of them must be done within ten seconds. */
const CHECK_DEADLINE_MS = 4_000;

async function checkWorker({ client, connection, namespace }: ConnectedTemporal, taskQueue: string): Promise<Finding> {
  const ask = () =>
    client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOW_QUEUE,
    });
  const { pollers } = await connection.withDeadline(Date.now() + CHECK_DEADLINE_MS, ask);
  const ok = pollers.length > 0;
  const message = ok
    ? `${pollers.length} on task queue "${taskQueue}"`
    : `none on task queue "${taskQueue}": run \`npm start\``;
  return { name: 'worker', ok, message };
}

async function checkAttributes({ connection, namespace }: ConnectedTemporal): Promise<Finding> {
  const state = await ensureSearchAttributes(connection, namespace);
  if (state === 'ready') return { name: 'search attributes', ok: true, message: 'registered' };
  const message =
    `missing: ${state.missing.join(', ')} (${state.reason}). Tasks run without them, but lists and summary stay empty: ` +
    'have an operator run `temporal operator search-attribute create --name NAME --type Keyword` for each.';
  return { name: 'search attributes', ok: false, message };
}

async function checkTemporal(config: Config): Promise<Finding[]> {
  try {
    const connected = await connectClient(config, { deadlineMs: CHECK_DEADLINE_MS });
    try {
      const { serverVersion } = await connected.connection.withDeadline(Date.now() + CHECK_DEADLINE_MS, () =>
        connected.connection.workflowService.getSystemInfo({}),
      );
      const { address, namespace, source } = connected;
      const message = `server ${serverVersion} at ${address}, namespace ${namespace} (${source})`;
      return [
        { name: 'temporal', ok: true, message },
        await checkWorker(connected, config.taskQueue),
        await checkAttributes(connected),
      ];
    } finally {
      await connected.connection.close();
    }
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    return [{ name: 'temporal', ok: false, message: `${error.message} ${error.hint}` }];
  }
}

async function checkUpstream(config: Config): Promise<Finding> {
  const emulated = needsEmulator(config);
  const emulatorUrl = emulated ? (await readEmbedded(config))?.emulatorUrl : undefined;
  if (emulated && !emulatorUrl) {
    const message = 'no OPENAI_API_KEY, and no emulator runs: run `npm start`, or set the key';
    return { name: 'upstream', ok: false, message };
  }
  const { ok, message } = await createUpstream(upstreamOptions(config, emulatorUrl)).probe();
  const place = emulatorUrl
    ? `emulator at ${emulatorUrl} (synthetic answers)`
    : (config.openai.baseUrl ?? 'api.openai.com');
  return {
    name: 'upstream',
    ok,
    message: `${place}: ${message}${ok ? '' : '; check OPENAI_API_KEY and OPENAI_BASE_URL'}`,
  };
}

const versionIn = (path: string): string => (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;

function versions(): Finding {
  const own = versionIn(join(__dirname, '..', '..', '..', 'package.json'));
  const sdk = versionIn(require.resolve('@temporalio/client/package.json'));
  return {
    name: 'versions',
    ok: true,
    message: `durable-responses ${own}, Temporal SDK ${sdk}, Node ${process.versions.node}`,
  };
}

/** Prints the findings; 0 when all that is needed is there, 3 otherwise. */
export async function doctor({ json }: { json?: boolean }): Promise<void> {
  try {
    const config = loadConfig();
    const [temporal, upstream] = await Promise.all([checkTemporal(config), checkUpstream(config)]);
    const findings = [...temporal, upstream, versions()];
    if (json) printJson(findings);
    else for (const { name, ok, message } of findings) print(`${ok ? 'ok  ' : 'BAD '} ${name}: ${message}`);
    process.exitCode = findings.every(({ ok }) => ok) ? EXIT.completed : EXIT.unreachable;
  } catch (error) {
    process.exitCode = report(error);
  }
}
