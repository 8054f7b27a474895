/** `npm run emulator`: the emulator alone. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { parseFaults, type FaultRule } from './faults';
import { startEmulator } from './index';

function number(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('Expected a number.');
  return value;
}

function divisor(text: string): number {
  if (number(text) === 0) throw new InvalidArgumentError('Expected a number above 0.');
  return number(text);
}

function readFaults(path: string): FaultRule[] {
  try {
    return parseFaults(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new InvalidArgumentError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function main(): Promise<void> {
  const command = new Command('emulator')
    .description("Emulates OpenAI's Responses API; answers are synthetic.")
    .option('--port <n>', 'port to listen on', number, 4010)
    .option('--state <file>', 'keep the state in this file')
    .option('--faults <file>', 'a fault plan (JSON)', readFaults)
    .addOption(
      new Option('--profile <name>', 'how late cancels are answered').choices(['openai', 'azure']).default('openai'),
    )
    .option('--time-scale <n>', 'divide scripted durations by this', divisor, 1)
    .parse();
  const options = command.opts<{
    port: number;
    state?: string;
    faults?: FaultRule[];
    profile: 'openai' | 'azure';
    timeScale: number;
  }>();
  const { port, state: stateFile, faults, profile, timeScale } = options;
  const emulator = await startEmulator({ port, stateFile, faults, profile, timeScale });
  console.log(
    `Emulator of the Responses API on ${emulator.url} (answers are synthetic; ledger: ${emulator.url.replace('/v1', '/emulator/ledger')})`,
  );
  const stop = () => void emulator.close().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
