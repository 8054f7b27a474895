/** `npm run emulator`: the emulator alone. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { parseFaults } from './faults';
import { parseWebhooks, startEmulator, type EmulatorOptions } from './index';

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('Expected a number.');
  return value;
}

function divisor(text: string): number {
  if (number(text) === 0) throw new InvalidArgumentError('Expected a number above 0.');
  return number(text);
}

const fileOf =
  <T>(parse: (value: unknown) => T) =>
  (path: string): T => {
    try {
      return parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch (error) {
      throw new InvalidArgumentError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

function wholeNumber(text: string): number {
  if (!Number.isInteger(divisor(text))) throw new InvalidArgumentError('Expected a whole number above 0.');
  return number(text);
}

type Passed = 'host' | 'port' | 'faults' | 'webhooks' | 'seed' | 'profile' | 'timeScale';

interface Flags extends Pick<EmulatorOptions, Passed> {
  state?: string;
  requestsPerMinute?: number;
  concurrentResponses?: number;
}

function readFlags(): EmulatorOptions {
  const command = new Command('emulator')
    .description("Emulates OpenAI's Responses API; answers are synthetic.")
    .option('--port <n>', 'port to listen on; 0 for any free one', number, 4010)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--state <file>', 'keep the state in this file')
    .option('--faults <file>', 'a fault plan (JSON)', fileOf(parseFaults))
    .option('--webhooks <file>', 'who is told of the ends of runs (JSON)', fileOf(parseWebhooks))
    .option('--seed <n>', 'for rules with a probability', number, 1)
    .addOption(
      new Option('--profile <name>', 'how late cancels are answered').choices(['openai', 'azure']).default('openai'),
    )
    .option('--time-scale <n>', 'divide scripted durations by this', divisor, 1)
    .option('--requests-per-minute <n>', 'a limit of the account: over it, calls are answered 429', wholeNumber)
    .option('--concurrent-responses <n>', 'a limit of the account: responses queued or in progress', wholeNumber)
    .parse();
  const { state, requestsPerMinute, concurrentResponses, ...options } = command.opts<Flags>();
  return { ...options, stateFile: state, limits: { requestsPerMinute, concurrentResponses } };
}

async function main(): Promise<void> {
  const emulator = await startEmulator(readFlags());
  const stop = () => void emulator.close().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // Said last: who reads the line may stop it at once.
  const ledger = `http://127.0.0.1:${emulator.port}/emulator/ledger`;
  console.log(`Emulator of the Responses API on ${emulator.url} (answers are synthetic; ledger: ${ledger})`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
