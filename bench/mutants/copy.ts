/** A copy of the project, in which one file at a time is another. */
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { FAILURE_CONVERTER_PATH, LOST_PAYLOADS_PATH } from '../../src/security/data-converter';
import type { Mutant } from './mutant';

const COPIED = [
  'src',
  'emulator',
  'bench',
  'chaos',
  'test',
  'lib',
  'package.json',
  'tsconfig.json',
  'vitest.config.mts',
];

const COMPILER_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  esModuleInterop: true,
};

const BUNDLE = 'lib/workflow-bundle.js';

/** A mutant whose text is not there once is one of code that has changed. */
export function mutated(source: string, { file, find, put }: Mutant): string {
  const pieces = source.split(find);
  if (pieces.length !== 2) throw new Error(`${file}: found ${pieces.length - 1} times, not once: ${find}`);
  return pieces.join(put);
}

export class ProjectCopy {
  private readonly kept = new Map<string, string>();

  private constructor(readonly folder: string) {}

  static make(project: string): ProjectCopy {
    const folder = mkdtempSync(join(tmpdir(), 'durable-responses-mutants-'));
    for (const name of COPIED) cpSync(join(project, name), join(folder, name), { recursive: true });
    symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
    return new ProjectCopy(folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private replace(name: string, text: string): void {
    const path = join(this.folder, name);
    if (!this.kept.has(name)) this.kept.set(name, readFileSync(path, 'utf8'));
    writeFileSync(path, text);
  }

  /** Puts the mutant into the source, and into what was built of it. */
  apply(mutant: Mutant): void {
    const source = mutated(readFileSync(join(this.folder, mutant.file), 'utf8'), mutant);
    this.replace(mutant.file, source);
    const { outputText } = ts.transpileModule(source, { compilerOptions: COMPILER_OPTIONS, fileName: mutant.file });
    this.replace(join('lib', mutant.file.replace(/\.ts$/, '.js')), outputText);
  }

  /** In this process: a new one would take longer to start than the work takes. */
  async bundle(): Promise<void> {
    const here = (path: string) => join(this.folder, 'lib', path.slice(path.lastIndexOf('/src/') + 1));
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(this.folder, 'lib/src/workflows/index.js'),
      failureConverterPath: here(FAILURE_CONVERTER_PATH),
      workflowInterceptorModules: [here(LOST_PAYLOADS_PATH)],
      logger: new DefaultLogger('ERROR'),
    });
    this.replace(BUNDLE, code);
  }

  /** Takes the mutant out again. */
  restore(): void {
    for (const [name, text] of this.kept) writeFileSync(join(this.folder, name), text);
    this.kept.clear();
  }
}
