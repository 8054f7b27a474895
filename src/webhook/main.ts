/** `npm run webhook`: the receiver alone, until Ctrl-C. Workers run elsewhere. */
import { once } from 'node:events';
import { loadConfig } from '../config';
import { readEmbedded } from '../embedded';
import { exitCodeOf } from '../exit-code';
import { needsEmulator } from '../upstream';
import { openReceiver } from './serve';

async function main(): Promise<void> {
  const config = loadConfig();
  const emulatorUrl = needsEmulator(config) ? (await readEmbedded(config))?.emulatorUrl : undefined;
  const receiver = await openReceiver(config, emulatorUrl);
  process.stderr.write(`Webhooks: ${receiver.url}. Ctrl-C stops it.\n`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await receiver.close();
}

main().then(
  () => process.exit(),
  (error: unknown) => process.exit(exitCodeOf(error)),
);
