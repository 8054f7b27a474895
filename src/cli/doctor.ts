/** `doctor`: is everything there that a task needs, and what to do where it is not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { countWorkers } from '../client/workers';
import { loadConfig, type Config } from '../config';
import { connectClient, ensureSearchAttributes, type ConnectedTemporal } from '../connection';
import { readEmbedded } from '../embedded';
import { UnreachableError } from '../errors';
import { needsEmulator, upstreamOptions } from '../upstream/from-config';
import { EXIT, print, printJson } from './output';
import { report } from './run';
import { storeProblem } from './store-check';

interface Finding {
  name: string;
  ok: boolean;
  message: string;
}

/** Each check is short; all of them must be done within ten seconds. */
const CHECK_DEADLINE_MS = 4_000;

async function checkWorker({ client }: ConnectedTemporal, taskQueue: string): Promise<Finding> {
  const workers = await countWorkers(client, taskQueue).catch(() => null);
  const queue = `task queue "${taskQueue}"`;
  if (workers === null) return { name: 'worker', ok: false, message: `the server does not tell who is on ${queue}` };
  const message = workers > 0 ? `${workers} on ${queue}` : `none on ${queue}: run \`npm start\``;
  return { name: 'worker', ok: workers > 0, message };
}

async function checkAttributes({ connection, namespace }: ConnectedTemporal): Promise<Finding> {
  const state = await ensureSearchAttributes(connection, namespace);
  if (state === 'ready') return { name: 'search attributes', ok: true, message: 'registered' };
  const message =
    `missing: ${state.missing.join(', ')} (${state.reason}). Tasks run without them, but lists and summary stay empty: ` +
    'have an operator run `temporal operator search-attribute create --name NAME --type Keyword` for each.';
  return { name: 'search attributes', ok: false, message };
}

/** Where nothing is encrypted that is a choice, and no fault. */
function encryptionOf({ encryption }: ConnectedTemporal): Finding {
  const name = 'encryption';
  if (encryption === 'off' || encryption.encrypt === false) {
    return { name, ok: true, message: 'off: prompts and answers are readable on the Temporal server' };
  }
  const { keys } = encryption;
  const [current, ...older] = typeof keys === 'function' ? [] : keys;
  return { name, ok: true, message: `on, with the key "${current?.id ?? '?'}"; older ones known: ${older.length}` };
}

async function checkStore({ store }: ConnectedTemporal): Promise<Finding> {
  const problem = await storeProblem(store, CHECK_DEADLINE_MS);
  const said = problem === undefined ? 'written, read and deleted' : `${problem}; check DURABLE_RESPONSES_STORE`;
  return { name: 'store', ok: problem === undefined, message: `${store.place}: ${said}` };
}

async function checkTemporal(config: Config): Promise<Finding[]> {
  try {
    const connected = await connectClient(config, { deadlineMs: CHECK_DEADLINE_MS });
    try {
      const { connection } = connected;
      const ask = () => connection.workflowService.getSystemInfo({});
      const { serverVersion } = await connection.withDeadline(Date.now() + CHECK_DEADLINE_MS, ask);
      const { address, namespace, source } = connected;
      const message = `server ${serverVersion} at ${address}, namespace ${namespace} (${source})`;
      return [
        { name: 'temporal', ok: true, message },
        encryptionOf(connected),
        ...(await Promise.all([
          checkWorker(connected, config.taskQueue),
          checkAttributes(connected),
          checkStore(connected),
        ])),
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
  const { createUpstream } = await import('../upstream/index.js');
  const { ok, message } = await createUpstream(upstreamOptions(config, emulatorUrl)).probe();
  const place = emulatorUrl
    ? `emulator at ${emulatorUrl} (synthetic answers)`
    : withoutCredentials(config.openai.baseUrl ?? 'https://api.openai.com/v1');
  return {
    name: 'upstream',
    ok,
    message: `${place}: ${message}${ok ? '' : '; check OPENAI_API_KEY and OPENAI_BASE_URL'}`,
  };
}

function withoutCredentials(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

const versionIn = (path: string): string => (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;

/** The version of this package. */
export const ownVersion = (): string => versionIn(join(__dirname, '..', '..', '..', 'package.json'));

function versions(): Finding {
  const own = ownVersion();
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
