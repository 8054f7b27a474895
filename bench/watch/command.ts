/** `npm run bench -- watch`: how soon an end is noticed in each way, beside loops as people write them. */
import { InvalidArgumentError, type Command } from 'commander';
import { count } from '../numbers';
import { isChanged, machine, publish } from '../page';
import { withPlace } from '../scale/place';
import { endOnSignals } from '../scale/processes';
import { LENGTHS, planRuns, PROGRAMS, WEBHOOK_LENGTH, type Length, type Program, type Run, type Wanted } from './plan';
import { withReceiver } from './receiver';
import { measureRuns, type Measured } from './run';
import { addStreamsCommand } from './streams-command';
import { watchTable, webhookTable } from './table';

interface Flags {
  runs: number;
  lengths: readonly Length[];
  only: readonly Program[];
  webhookRuns: number;
  over: number;
}

const HEARD: readonly Program[] = ['webhook', 'auto'];

const say = (text: string): void => void process.stderr.write(`${new Date().toISOString()} ${text}\n`);

/** Fresh servers for each part; the short ones go first, while nothing long is under way. */
async function measurePart(what: string, runs: readonly Run[]): Promise<Measured[]> {
  if (runs.length === 0) return [];
  say(`${what}: ${runs.length} runs`);
  return withPlace(1, async (place) => {
    await place.worker.start();
    return withReceiver(place, HEARD, () => measureRuns(place, runs));
  });
}

const webhookRuns = (runs: number): Wanted => ({
  programs: ['webhook'],
  lengths: [WEBHOOK_LENGTH],
  runs,
  overSeconds: Math.max(1, runs * 0.3),
});

async function measure(flags: Flags, isForPage: boolean): Promise<void> {
  endOnSignals();
  if (flags.webhookRuns > 0) {
    const alone = await measurePart('webhook', planRuns(webhookRuns(flags.webhookRuns)));
    const text = `${alone.length} runs of 10 to 20 s with \`webhook\`; ${machine()}.\n\n${webhookTable(alone)}`;
    publish('webhook', text, isForPage);
  }
  const wanted = { programs: flags.only, runs: flags.runs, overSeconds: flags.over };
  const isShort = ({ scale }: Length) => scale === 1;
  const measured: Measured[] = [];
  for (const lengths of [flags.lengths.filter(isShort), flags.lengths.filter((one) => !isShort(one))]) {
    const names = lengths.map(({ name }) => name).join(' and ');
    measured.push(...(await measurePart(names, planRuns({ ...wanted, lengths }))));
  }
  publish('watch', `${flags.runs} runs of each; ${machine()}.\n\n${watchTable(measured, flags.lengths)}`, isForPage);
}

function lengthsOf(text: string): readonly Length[] {
  return text.split(',').map((one) => {
    const length = LENGTHS.find(({ seconds }) => seconds === Number(one));
    const known = LENGTHS.map(({ seconds }) => seconds).join(', ');
    if (!length) throw new InvalidArgumentError(`Expected some of ${known} (seconds).`);
    return length;
  });
}

function programsOf(text: string): readonly Program[] {
  return text.split(',').map((one) => {
    const program = PROGRAMS.find((name) => name === one);
    if (!program) throw new InvalidArgumentError(`Expected some of ${PROGRAMS.join(', ')}.`);
    return program;
  });
}

/** With an option, nothing is written. */
export function addWatchCommands(program: Command): void {
  program
    .command('watch')
    .description('how soon an end is noticed: poll, stream, webhook, auto, and loops without an engine')
    .option('--runs <n>', 'of each program and length', count, 20)
    .option('--lengths <list>', 'seconds', lengthsOf, LENGTHS)
    .option('--only <list>', 'programs', programsOf, PROGRAMS)
    .option('--webhook-runs <n>', 'alone, for the way of a webhook; 0 for none', count, 200)
    .option('--over <seconds>', 'over which creates are spread', count, 30)
    .action((flags: Flags, command: Command) => measure(flags, !isChanged(command)));
  addStreamsCommand(program);
}
