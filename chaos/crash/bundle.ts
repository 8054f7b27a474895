/** The workflow code of the test build: that of the product, and crash points around it. */
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { writeFileSync } from 'node:fs';
import { compiled } from '../../bench/scale/processes';
import { FAILURE_CONVERTER_PATH, LOST_PAYLOADS_PATH } from '../../src/security/data-converter';

/** Writes the bundle to `path`. */
export async function bundleCrashing(path: string): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: compiled('src/workflows/index.js'),
    failureConverterPath: FAILURE_CONVERTER_PATH,
    workflowInterceptorModules: [LOST_PAYLOADS_PATH, compiled('chaos/crash/workflows.js')],
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(path, code);
}
