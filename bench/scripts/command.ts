/** `npm run bench -- scripts`: the scripts of the guide for background mode, and ours. */
import type { Command } from 'commander';
import { positive } from '../numbers';
import { isChanged, machine, markdown, publish } from '../page';
import { endOnSignals } from '../scale/processes';
import { CONTENDERS, type Contender } from './contender';
import { disturbed, undisturbed, type Disturbed, type Plan, type Undisturbed } from './run';

interface Measured {
  contender: Contender;
  calm: Undisturbed;
  killed: Disturbed;
}

const HEAD = [
  '',
  'end to seen, p50 (s)',
  'p99 (s)',
  'calls upstream of a run',
  'peak memory (MB)',
  'ended and not delivered at the kill',
  'running on, paid',
  'responses created in the end',
  'of them twice',
  'answers in the end',
];

function rowOf({ contender, calm, killed }: Measured, { runs }: Plan): string[] {
  return [
    contender.label,
    calm.delayP50Seconds.toFixed(2),
    calm.delayP99Seconds.toFixed(2),
    calm.calls.toFixed(1),
    calm.peakMegabytes.join(' + '),
    String(killed.lost),
    String(killed.runningOn),
    String(killed.creates),
    String(killed.creates - runs),
    `${killed.delivered} of ${runs}`,
  ];
}

/** All at once: each is a few calls a second, and most of the time nobody does anything. */
async function measure(plan: Plan & { only?: readonly string[] }, isForPage: boolean): Promise<void> {
  endOnSignals();
  const wanted = CONTENDERS.filter(({ name }) => plan.only?.includes(name) ?? true);
  const calm = await Promise.all(wanted.map((one) => undisturbed(one, plan)));
  const killed = await Promise.all(wanted.map((one) => disturbed(one, plan)));
  const measured = wanted.flatMap((contender, i): Measured[] => {
    const [own, hurt] = [calm[i], killed[i]];
    return own && hurt ? [{ contender, calm: own, killed: hurt }] : [];
  });
  const what = `${plan.runs} runs of ${plan.minSeconds} to ${plan.maxSeconds} s; ${machine()}.`;
  publish(
    'scripts',
    `${what}\n\n${markdown(
      HEAD,
      measured.map((one) => rowOf(one, plan)),
    )}`,
    isForPage,
  );
}

/** With an option, nothing is written. */
export function addScriptsCommand(program: Command): void {
  program
    .command('scripts')
    .description('the scripts of the guide for background mode in Python, and ours: undisturbed, and killed half-way')
    .option('--only <list>', 'names', (text) => text.split(','))
    .option('--runs <n>', '', positive, 20)
    .option('--min-seconds <n>', 'the shortest run', positive, 10)
    .option('--max-seconds <n>', 'the longest', positive, 60)
    .action((plan: Plan, command: Command) => measure(plan, !isChanged(command)));
}
