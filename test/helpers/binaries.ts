/** The Temporal programs for tests, found as the product finds them; the first test run downloads them. */
import { loadConfig } from '../../src/config';
import { findTemporalCli, findTestServer } from '../../src/embedded';

let cli: Promise<string> | undefined;
let testServer: Promise<string> | undefined;

/** The `temporal` program. */
export function temporalCliPath(): Promise<string> {
  cli ??= findTemporalCli(loadConfig()).then(({ path }) => path);
  return cli;
}

/** The time-skipping test server. */
export function testServerPath(): Promise<string> {
  testServer ??= findTestServer(loadConfig()).then(({ path }) => path);
  return testServer;
}
