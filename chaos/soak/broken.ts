/** Builds that are broken on purpose, so that it is seen that a soak can fail. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { compiled } from '../../bench/scale/processes';
import type { Place } from '../place';
import type { SoakOptions } from './run';

/** The worker of the kills, which takes another bundle and another way of calling upstream. */
const worker = (env: Record<string, string>) => ({ file: 'chaos/crash/worker.js', env });

/** What stands in the build for the end of every task, and what stands there when it is broken. */
const SCOPE = 'workflow_1.CancellationScope.nonCancellable(() => pursue(task))';
const NO_SCOPE = 'pursue(task)';

/** The workflow code from a copy of the build, in which the cleanup is cancelled with the workflow. */
async function bundleWithoutScope({ folder }: Place): Promise<string> {
  const copy = join(folder, 'broken-build');
  cpSync(compiled('src'), join(copy, 'src'), { recursive: true });
  symlinkSync(join(compiled('src'), '..', '..', 'node_modules'), join(copy, 'node_modules'));
  const file = join(copy, 'src', 'workflows', 'task.js');
  const code = readFileSync(file, 'utf8');
  if (!code.includes(SCOPE)) throw new Error('The scope to be removed is not in the build.');
  writeFileSync(file, code.replace(SCOPE, NO_SCOPE));
  const bundle = await bundleWorkflowCode({
    workflowsPath: join(copy, 'src', 'workflows', 'index.js'),
    failureConverterPath: join(copy, 'src', 'security', 'failure-converter.js'),
    workflowInterceptorModules: [join(copy, 'src', 'workflows', 'lost-payloads.js')],
    logger: new DefaultLogger('WARN'),
  });
  const path = join(copy, 'workflow-bundle.js');
  writeFileSync(path, bundle.code);
  return path;
}

export const BROKEN_BUILDS = {
  /** The client of upstream tries again by itself. */
  'sdk-retries': () =>
    Promise.resolve(worker({ CHAOS_BROKEN: 'sdk-retries', CRASH_BUNDLE: compiled('workflow-bundle.js') })),
  /** Temporal's cancel ends the cleanup too. */
  cleanup: async (place) => worker({ CRASH_BUNDLE: await bundleWithoutScope(place) }),
} as const satisfies Record<string, NonNullable<SoakOptions['worker']>>;

export type BrokenBuild = keyof typeof BROKEN_BUILDS;
