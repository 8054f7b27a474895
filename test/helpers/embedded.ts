/** Folders, configurations and processes for tests of the embedded servers. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type Config } from '../../src/config';
import { temporalCliPath } from './binaries';

/** A new folder; `remove` deletes it. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'durable-responses-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A configuration with nothing of the machine's own: state in `folder`, the real program, no configured server. */
export async function embeddedConfig(folder: string): Promise<Config> {
  return loadConfig({
    HOME: folder,
    DURABLE_RESPONSES_DATA_DIR: join(folder, 'data'),
    TEMPORAL_CLI_PATH: await temporalCliPath(),
  });
}

/** The settings of a program that joins a server without encryption, as tests that read histories have it. */
export const reaching = ({ address }: { address: string }) => ({
  TEMPORAL_ADDRESS: address,
  DURABLE_RESPONSES_ENCRYPTION: 'off',
});

/** The numbers of the running processes whose command line names `text`. */
export async function processesNaming(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return line.includes(text) ? [pid] : [];
    }),
  );
  return found.flat();
}

/** Waits for a condition, so that a test says what did not happen instead of being cut off. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 40,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`did not happen within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
