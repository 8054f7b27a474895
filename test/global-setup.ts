/** Once before all tests: the programs that they start are there, and so is the build that they spawn. */
import { existsSync } from 'node:fs';
import { WORKFLOW_BUNDLE } from '../src/worker';
import { testServerPath, temporalCliPath } from './helpers/binaries';

export default async function setup(): Promise<void> {
  const built = WORKFLOW_BUNDLE.replace('workflow-bundle.js', 'lib/workflow-bundle.js');
  if (!existsSync(built)) throw new Error('Run `npm run build` first, or the tests by `npm test`.');
  await Promise.all([temporalCliPath(), testServerPath()]);
}
