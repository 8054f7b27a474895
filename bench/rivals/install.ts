/** Rivals are installed on first use, from their registries and outside of this package; exact versions. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../src/config';
import { run } from '../../src/embedded/processes';

/** The largest has 750 MB; a registry that needs longer than this is not there for a benchmark. */
const INSTALL_MS = 900_000;

/** Where this file is compiled to, seen from the root: `lib/bench/rivals`. */
const SOURCES = join(__dirname, '..', '..', '..', 'bench');

export const sourceOf = (...path: string[]): string => join(SOURCES, ...path);

type Step = [command: string, args: string[]];

const PIP = ['install', '--disable-pip-version-check', '--no-input', '--quiet', '--only-binary', ':all:', '-r'];
const NPM = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];

const stepsOf = (manifest: string, folder: string): Step[] =>
  manifest === 'package.json'
    ? [['npm', [...NPM, '--prefix', folder]]]
    : [
        ['python3', ['-m', 'venv', folder]],
        [join(folder, 'bin', 'python'), ['-m', 'pip', ...PIP, join(folder, manifest)]],
      ];

type Manifest = 'requirements.txt' | 'package.json';

async function install(sources: string, manifest: Manifest): Promise<string> {
  const path = sourceOf(sources, manifest);
  const mark = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12);
  const folder = join(loadConfig().cacheDir, 'bench', `${sources.replaceAll('/', '-')}-${mark}`);
  const done = join(folder, 'installed');
  if (existsSync(done)) return folder;
  process.stderr.write(`installing what ${sources}/${manifest} asks for, once\n`);
  // No folder beside it to be renamed: the programs of a virtual environment know where they lie.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  copyFileSync(path, join(folder, manifest));
  for (const [command, args] of stepsOf(manifest, folder)) {
    const { code, problem, stderr } = await run(command, args, INSTALL_MS);
    const why = problem ?? stderr.trim().split('\n').at(-1);
    if (code !== 0) throw new Error(`${command} ${args.slice(0, 2).join(' ')}: ${why}`);
  }
  copyFileSync(path, `${done}.part`);
  await rename(`${done}.part`, done);
  return folder;
}

/** A program of the sources, put where it finds what was installed. */
export function placed(sources: string, program: string, folder: string): string {
  const path = join(folder, program);
  copyFileSync(sourceOf(sources, program), path);
  return path;
}

const folders = new Map<string, Promise<string>>();

/** The folder that has what the manifest of this folder of sources asks for. Asked by several at once, it is made once. */
export function installed(sources: string, manifest: Manifest): Promise<string> {
  const folder = folders.get(sources) ?? install(sources, manifest);
  folders.set(sources, folder);
  return folder;
}
