/** Starts the keeper's process, after clearing away what a dead one left. */
import { spawn, type ChildProcess } from 'node:child_process';
import { open, rename, stat } from 'node:fs/promises';
import { childEnvironment } from '../config';
import { UnreachableError } from '../errors';
import { withLock } from './lock';
import { isProcessOf, stopProcess, until } from './processes';
import { helperProgram } from './programs';
import { connectTo } from './protocol';
import { embeddedFiles, prepareDataDir, readRecord, removeRecord, type EmbeddedRecord } from './record';

/** Loading takes half a second; a machine under load may take much longer. */
const LISTEN_TIMEOUT_MS = 15_000;
/** Longer than the keeper itself gives its services to stop (5 s). */
const STOP_TIMEOUT_MS = 15_000;
/** The log then starts anew; one older file is kept. */
const MAX_LOG_BYTES = 5_000_000;

/**
 * Makes sure that a keeper listens, unless one does.
 *
 * @param keys For its codec server, as `writeKeys` gives them; empty for those of the data folder, if any.
 * @param signal Ends the wait for another process that starts one. What is begun here is done, for the caller to join.
 * @throws UnreachableError when it does not start within 15 s.
 */
export async function ensureKeeper(dataDir: string, keys: string, signal?: AbortSignal): Promise<void> {
  await prepareDataDir(dataDir);
  const look = async () => {
    const record = await readRecord(dataDir);
    if (record !== undefined) {
      const socket = await connectTo(record);
      socket?.destroy();
      if (socket !== undefined) return;
      await clearAway(dataDir, record);
    }
    await startKeeper(dataDir, keys);
  };
  await withLock(embeddedFiles(dataDir).lock, look, signal);
}

/** Waits for a keeper that is stopping, and ends it and its server when it is dead or does not get done. */
export async function clearAway(dataDir: string, record: EmbeddedRecord): Promise<void> {
  const keeperRuns = () => isKeeper(record.pid, dataDir);
  const gone = await until(async () => !(await keeperRuns()), STOP_TIMEOUT_MS);
  // Not asked but ended at once: it has had its time.
  if (!gone) await stopProcess(record.pid, 0);
  const latest = (await readRecord(dataDir)) ?? record;
  // Another keeper's record by now: its server is in use.
  if (latest.pid !== record.pid) return;
  const { temporalDb } = embeddedFiles(dataDir);
  for (const pid of new Set([record.temporalPid, latest.temporalPid])) {
    // 5 s: as long as the keeper itself would have given it. Two servers on one state file would damage it.
    if (pid !== undefined && (await isProcessOf(pid, temporalDb))) await stopProcess(pid, 5000);
  }
  if ((await readRecord(dataDir))?.pid === record.pid) await removeRecord(dataDir);
}

export async function isKeeper(pid: number, dataDir: string): Promise<boolean> {
  return (await isProcessOf(pid, 'keeper-main')) && (await isProcessOf(pid, dataDir));
}

async function startKeeper(dataDir: string, keys: string): Promise<void> {
  const { log } = embeddedFiles(dataDir);
  const child = await spawnKeeper(dataDir, log, keys);
  const listens = async () => (await readRecord(dataDir))?.pid === child.pid;
  const ended = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  await until(async () => ended() || (await listens()), LISTEN_TIMEOUT_MS);
  if (!ended() && (await listens())) return;
  child.kill('SIGKILL');
  throw new UnreachableError('The keeper of the embedded servers did not start.', `Its reason stands in ${log}.`);
}

async function spawnKeeper(dataDir: string, log: string, keys: string): Promise<ChildProcess> {
  const size = await stat(log).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size > MAX_LOG_BYTES) await rename(log, `${log}.1`);
  const output = await open(log, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [helperProgram('keeper-main'), dataDir], {
      detached: true,
      stdio: ['pipe', output.fd, output.fd],
      env: childEnvironment(),
    });
    // Reported by the caller, as a process without a number.
    child.on('error', () => undefined);
    child.unref();
    // By a pipe: a port could be anybody's by now, and an environment is inherited.
    child.stdin?.on('error', () => undefined).end(keys);
    return child;
  } finally {
    await output.close();
  }
}
