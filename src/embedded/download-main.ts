/**
 * Lets the SDK download a Temporal server into a folder: `download-main <temporal|temporal-test-server> <folder>`.
 * A process of its own, because the SDK's download cannot be cancelled and a process can.
 */
import { messageOf } from '../errors';
import { TestWorkflowEnvironment } from '@temporalio/testing';

async function main([program, downloadDir]: string[]): Promise<void> {
  const server = { executable: { type: 'cached-download' as const, downloadDir } };
  // The SDK downloads only on the way to starting a server; it is stopped at once.
  const environment =
    program === 'temporal'
      ? await TestWorkflowEnvironment.createLocal({ server })
      : await TestWorkflowEnvironment.createTimeSkipping({ server });
  await environment.teardown();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
