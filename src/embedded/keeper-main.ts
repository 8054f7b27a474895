/**
 * The process of the keeper: `keeper-main <data folder>`, with encryption keys on standard input. Started by
 * `holdEmbedded`, never by hand.
 */
import { text } from 'node:stream/consumers';
import { Keeper } from './keeper';

const [dataDir] = process.argv.slice(2);

/** For the last words to the holders, whose connections end when this process does. */
const FLUSH_MS = 50;

// State and log hold prompts and answers: files of this process and its server are for their owner only.
process.umask(0o077);

const log = (line: string) => console.log(`${new Date().toISOString()} keeper ${process.pid}: ${line}`);

/** Ctrl-C and a closed terminal concern the holder; the keeper ends by itself when the holder does. */
function endInOrder(keeper: Keeper): void {
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', () => void keeper.stop('asked to by SIGTERM'));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log(`failed: ${error instanceof Error ? error.stack : String(error)}`);
      process.exitCode = 1;
      void keeper.stop('a fault of its own');
    });
  }
}

async function main(): Promise<void> {
  if (dataDir === undefined) throw new Error('usage: keeper-main <data folder>');
  const keys = await text(process.stdin);
  const keeper = new Keeper({ dataDir, keys, log }, () => setTimeout(() => process.exit(), FLUSH_MS));
  endInOrder(keeper);
  await keeper.listen();
  log('listening');
}

main().catch((error: unknown) => {
  log(`cannot start: ${String(error)}`);
  process.exit(1);
});
