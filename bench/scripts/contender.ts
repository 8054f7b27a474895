/** What is compared with the scripts of the guide: they themselves, and ours. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskOptions } from '../../src/contracts';
import { isAlive } from '../../src/embedded/processes';
import { installed, sourceOf } from '../rivals/install';
import type { PidNow, Place, RunRequest, Side } from '../rivals/side';
import { ours } from '../rivals/temporal';
import { KilledProgram } from '../scale/processes';
import { UsageMeter } from '../scale/usage';

export interface Task {
  id: string;
  request: RunRequest;
}

/** Ready to be started, and started again after a kill. */
export interface Contest {
  start(): Promise<void>;
  kill(): Promise<void>;
  isDone(): Promise<boolean>;
  /** Answers that its user can have now. */
  delivered(): Promise<string[]>;
  meters: UsageMeter[];
}

export interface Contender {
  name: string;
  label: string;
  open(place: Place, tasks: readonly Task[]): Promise<Contest>;
}

interface Script {
  name: string;
  file: string;
  label: string;
  keepsIds?: boolean;
}

function metersOf({ onClose }: Place, pids: readonly PidNow[]): UsageMeter[] {
  const meters = pids.map((pid) => new UsageMeter(pid));
  onClose(() => Promise.all(meters.map((meter) => meter.stop())));
  return meters;
}

const textOf = (line: string): string => String((JSON.parse(line) as { result?: string }).result);

async function openScript({ file, keepsIds }: Script, place: Place, tasks: readonly Task[]): Promise<Contest> {
  const python = join(await installed('scripts', 'requirements.txt'), 'bin', 'python');
  const at = (name: string) => join(place.folder, name);
  const [list, results] = [at('tasks.json'), at('results.jsonl')] as const;
  const prompts = tasks.map(({ id, request: { input, metadata } }) => ({ id, prompt: input, metadata }));
  writeFileSync(list, JSON.stringify(prompts));
  const args = [sourceOf('scripts', file), list, results, ...(keepsIds ? [at('ids.jsonl')] : [])];
  const env = { OPENAI_API_KEY: 'sk-bench', OPENAI_BASE_URL: place.upstream.url };
  const program = new KilledProgram({ file: python, args, env, ready: /started/ });
  place.onClose(() => program.stop());
  return {
    start: async () => void (await program.start()),
    kill: () => program.kill(),
    isDone: () => Promise.resolve(program.pid === undefined || !isAlive(program.pid)),
    delivered: () => {
      const lines = existsSync(results) ? readFileSync(results, 'utf8').split('\n').slice(0, -1) : [];
      return Promise.resolve(lines.map(textOf));
    },
    meters: metersOf(place, [() => program.pid]),
  };
}

const script = (one: Script): Contender => ({ ...one, open: (place, tasks) => openScript(one, place, tasks) });

async function openOurs(side: Side, place: Place, tasks: readonly Task[]): Promise<Contest> {
  const session = await side.open(place);
  const texts: string[] = [];
  let isStarted = false;
  return {
    start: async () => {
      if (isStarted) return session.restart();
      isStarted = true;
      await Promise.all(tasks.map(({ id, request }) => session.start(id, request)));
      for (const { id } of tasks) void session.answer(id).then(({ text }) => texts.push(text ?? ''));
    },
    kill: () => session.kill(),
    isDone: () => Promise.resolve(texts.length === tasks.length),
    delivered: () => Promise.resolve([...texts]),
    meters: metersOf(place, session.pids ?? []),
  };
}

function own(name: string, label: string, options: TaskOptions): Contender {
  const side = ours(name, label, options);
  return { name, label, open: (place, tasks) => openOurs(side, place, tasks) };
}

export const CONTENDERS: readonly Contender[] = [
  script({ name: 'monitor', file: 'monitor.py', label: "the guide's `monitor_batch`, 5 s" }),
  script({ name: 'manager', file: 'manager.py', label: "the guide's `BackgroundTaskManager`, 5 s" }),
  script({ name: 'gather', file: 'gather.py', label: 'asyncio, results kept, 2 s' }),
  script({ name: 'gather-ids', file: 'gather.py', label: 'asyncio, results and ids kept, 2 s', keepsIds: true }),
  own('ours-poll', 'ours, `poll` every 2 s', { pollIntervalsSeconds: [2] }),
  own('ours-stream', 'ours, `stream`', { watch: 'stream' }),
];
