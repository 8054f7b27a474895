/** The file by which other processes find the running keeper, and the names of the files beside it. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const recordSchema = z.object({
  pid: z.int().positive(),
  controlPort: z.int().positive(),
  /** Whoever may read this file (mode 0600) may hold the keeper. */
  token: z.string().min(32),
  /** The process of the Temporal server, so that one that outlived its keeper can be stopped. */
  temporalPid: z.int().positive().optional(),
  temporalAddress: z.string().optional(),
  uiUrl: z.string().optional(),
  emulatorUrl: z.string().optional(),
  codecEndpoint: z.string().optional(),
});

export type EmbeddedRecord = z.infer<typeof recordSchema>;

/** The namespace that the dev server always has. */
export const EMBEDDED_NAMESPACE = 'default';

/** Files of the embedded services in the data folder. */
export function embeddedFiles(dataDir: string) {
  return {
    record: join(dataDir, 'embedded.json'),
    lock: join(dataDir, 'embedded.lock'),
    log: join(dataDir, 'embedded.log'),
    temporalDb: join(dataDir, 'temporal.db'),
    emulatorState: join(dataDir, 'emulator.json'),
  };
}

/**
 * Makes the data folder: for its owner only, and left out of version control, since it holds prompts and answers. One
 * that is there already stays as its owner made it.
 */
export async function prepareDataDir(dataDir: string): Promise<void> {
  const made = await mkdir(dataDir, { recursive: true, mode: 0o700 });
  if (made !== undefined) await writeFile(join(dataDir, '.gitignore'), '*\n');
}

/** What the file says, whether or not its keeper still runs; undefined when there is none or it is not readable. */
export async function readRecord(dataDir: string): Promise<EmbeddedRecord | undefined> {
  const text = await readFile(embeddedFiles(dataDir).record, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const parsed = recordSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Not JSON: nothing of ours, and the next keeper replaces it.
    return undefined;
  }
}

/** Written beside and renamed, so that a reader never sees half of it. */
export async function writeRecord(dataDir: string, record: EmbeddedRecord): Promise<void> {
  const { record: path } = embeddedFiles(dataDir);
  // Always the same name, since only one keeper writes here: a killed one leaves no litter.
  const fresh = `${path}.new`;
  await writeFile(fresh, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  await rename(fresh, path);
}

export async function removeRecord(dataDir: string): Promise<void> {
  await rm(embeddedFiles(dataDir).record, { force: true });
}
