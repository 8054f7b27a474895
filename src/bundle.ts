/** Part of the build: bundles the workflow code, when it is newer than the bundle. */
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAILURE_CONVERTER_PATH, LOST_PAYLOADS_PATH } from './security/data-converter';
import { WORKFLOW_BUNDLE } from './worker';

/** Files that workflow code may import, by folder. */
const BUNDLED = {
  workflows: /./,
  contracts: /./,
  cost: /./,
  store: /^keys\./,
  security: /^failure-converter\./,
  '.': /^(names|settings|depth|lost-payload)\./,
};

/** Everything that ends up in the bundle, how it is made, and the SDK's version, which must be the worker's. */
function fingerprint(): string {
  const hash = createHash('sha256').update(readFileSync(require.resolve('@temporalio/workflow/package.json')));
  hash.update(readFileSync(__filename));
  for (const [folder, isIn] of Object.entries(BUNDLED)) {
    const path = join(__dirname, folder);
    const files = readdirSync(path).filter((name) => name.endsWith('.js') && isIn.test(name));
    for (const name of files.sort()) hash.update(name).update(readFileSync(join(path, name)));
  }
  return `// ${hash.digest('hex')}\n`;
}

async function main(): Promise<void> {
  const mark = fingerprint();
  if (existsSync(WORKFLOW_BUNDLE) && readFileSync(WORKFLOW_BUNDLE, 'utf8').startsWith(mark)) return;
  const workflowsPath = require.resolve('./workflows');
  const logger = new DefaultLogger('WARN');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    failureConverterPath: FAILURE_CONVERTER_PATH,
    workflowInterceptorModules: [LOST_PAYLOADS_PATH],
    // One copy for all workflows instead of one in the memory of each. None of them may keep anything in its module scope;
    // the linter sees to that.
    preloadModules: [workflowsPath, FAILURE_CONVERTER_PATH, LOST_PAYLOADS_PATH],
    logger,
  });
  // Written beside and renamed: a worker that starts meanwhile must not read half of it.
  const partial = `${WORKFLOW_BUNDLE}.${process.pid}`;
  writeFileSync(partial, mark + code);
  renameSync(partial, WORKFLOW_BUNDLE);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
