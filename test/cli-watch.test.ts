/** `task watch` and `batch watch` against `npm start`: in a pipe, and in a terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TailEvent, TaskResult } from '../src/contracts';
import { readRecord } from '../src/embedded/record';
import { eventually, processesNaming } from './helpers/embedded';
import { newPlace, stopPlace, type Place, type Running } from './helpers/programs';
import { textTold } from './helpers/tails';

let place: Place;
let started: Running;

beforeAll(async () => {
  place = await newPlace();
  started = await place.start();
});

afterAll(() => stopPlace(place, started));

const seconds = (run: number) => ['--metadata', `emulator_run_seconds=${run}`];

/** Starts a streamed task and returns. */
async function start(id: string, ...words: string[]): Promise<void> {
  const task = ['task', 'start', '--model', 'o3', '--input', 'Why?', '--id', id, '--watch', 'stream'];
  expect((await place.cli([...task, ...words])).code).toBe(0);
}

const resultOf = async (id: string) =>
  JSON.parse((await place.cli(['task', 'result', id, '--json'])).out) as TaskResult;

describe('task watch in a pipe', () => {
  it('given a task -> then its text on stdout as `task result` has it, the rest on stderr, exit 0', async () => {
    await start('plain', ...seconds(6), '--tool', 'web_search');
    const { code, out, err } = await place.cli(['task', 'watch', 'plain']);
    expect(code).toBe(0);
    expect(out).toBe((await place.cli(['task', 'result', 'plain'])).out);
    expect(err).toMatch(/plain: in_progress \(watching\)/);
    expect(err).toContain('  web_search_call: searching\n');
    expect(err).toMatch(/plain: completed \(response resp_\w+, \d+ looks, 1 creates\)/);
  });

  it('given --json -> then an event on each line, and the result in the last', async () => {
    await start('json', ...seconds(6), '--metadata', 'emulator_output_bytes=3000');
    const { code, out } = await place.cli(['task', 'watch', 'json', '--json']);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TailEvent);
    expect(code).toBe(0);
    expect(events.at(-1)).toMatchObject({ kind: 'end', result: { taskId: 'json', status: 'completed' } });
    expect(textTold(events)).toBe((await resultOf('json')).outputText);
    expect(events.filter(({ kind }) => kind === 'text').length).toBeGreaterThan(3);
  });

  it('given one that fails -> then exit 1, and the error', async () => {
    await start('fails', '--metadata', 'emulator_scenario=failed', ...seconds(0.5));
    const { code, out, err } = await place.cli(['task', 'watch', 'fails']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('error server_error: ');
  });

  it('given Ctrl-C -> then exit 1, says how to come back; the task goes on', async () => {
    await start('left', ...seconds(30));
    const watching = place.begin(['task', 'watch', 'left']);
    let text = '';
    watching.child.stdout?.on('data', (piece: string) => (text += piece));
    await eventually('text comes', () => text.length > 0);
    watching.child.kill('SIGINT');
    const { code, err } = await watching.ended;
    expect(code).toBe(1);
    expect(err).toContain('Stopped watching; left goes on. Come back with: npm run -s cli -- task watch left');
    expect(JSON.parse((await place.cli(['task', 'status', 'left', '--json'])).out)).toMatchObject({
      execution: 'RUNNING',
    });
    await place.cli(['task', 'cancel', 'left']);
  });

  it.each([['as text'], ['as events', '--json']])(
    'given a reader that has seen enough, %s -> then exit 0, and the task goes on',
    async (name, ...words) => {
      const id = name.replace(' ', '-');
      await start(id, ...seconds(40), '--metadata', 'emulator_output_bytes=6000');
      const watching = place.begin(['task', 'watch', id, ...words]);
      watching.child.stdout?.once('data', () => watching.child.stdout?.destroy());
      const { code, err } = await watching.ended;
      expect(code).toBe(0);
      expect(err).toContain(`Stopped watching; ${id} goes on.`);
      expect(JSON.parse((await place.cli(['task', 'status', id, '--json'])).out)).toMatchObject({
        execution: 'RUNNING',
      });
      await place.cli(['task', 'cancel', id]);
    },
  );

  it('given no worker on its task queue -> then exit 3 within 10 s', async () => {
    const elsewhere = { DURABLE_RESPONSES_TASK_QUEUE: 'nobody' };
    await place.cli(['task', 'start', '--model', 'o3', '--input', 'Hi.', '--id', 'lonely'], elsewhere);
    const { code, err, seconds: taken } = await place.cli(['task', 'watch', 'lonely'], elsewhere);
    expect(code).toBe(3);
    expect(err).toContain('no worker answers on its task queue');
    expect(taken).toBeLessThan(10);
  });

  it('given an id that nobody knows, or that of a batch -> then exit 2', async () => {
    expect(await place.cli(['task', 'watch', 'nobody'])).toMatchObject({ code: 2 });
  });

  it('given a Temporal server that is killed -> then the text goes on, and the end comes', async () => {
    await start('outage', ...seconds(6));
    const watching = place.begin(['task', 'watch', 'outage']);
    let text = '';
    watching.child.stdout?.on('data', (piece: string) => (text += piece));
    await eventually('text comes', () => text.length > 20);
    const before = text.length;
    for (const pid of await processesNaming(join(place.dataDir, 'temporal.db'))) {
      if (pid !== started.child.pid) process.kill(pid, 'SIGKILL');
    }
    await eventually('more text comes', () => text.length > before);
    const { code, out } = await watching.ended;
    expect(code).toBe(0);
    expect(out).toBe((await place.cli(['task', 'result', 'outage'])).out);
  });
});

/** Ends `npm start`, and with it the servers; starts it again while somebody else has the port of the Temporal server. */
async function moveServers(): Promise<void> {
  const before = (await readRecord(place.dataDir))?.temporalAddress ?? '';
  started.child.kill('SIGINT');
  await started.ended;
  const squatter = createServer((socket) => socket.destroy());
  await once(squatter.listen(Number(before.split(':')[1]), '127.0.0.1'), 'listening');
  started = await place.start();
  expect((await readRecord(place.dataDir))?.temporalAddress).not.toBe(before);
  await new Promise((closed) => squatter.close(closed));
}

describe('task watch while `npm start` is away', () => {
  it('given servers that come back on other ports -> then the text goes on, no part of it comes twice, and who waits has the result', async () => {
    await start('moved', ...seconds(8), '--metadata', 'emulator_output_bytes=4000');
    const watching = place.begin(['task', 'watch', 'moved']);
    const waiting = place.begin(['task', 'wait', 'moved', '--json']);
    let text = '';
    watching.child.stdout?.on('data', (piece: string) => (text += piece));
    await eventually('text comes', () => text.length > 20);
    await moveServers();
    const { code, out } = await watching.ended;
    expect(code).toBe(0);
    expect(out).toBe((await place.cli(['task', 'result', 'moved'])).out);
    const waited = await waiting.ended;
    expect(waited.code, waited.err).toBe(0);
    expect(JSON.parse(waited.out)).toMatchObject({ status: 'completed' });
  });
});

/** Runs the command line in a pseudo terminal; what a terminal would get. */
function beginInTerminal(words: string[]): { out: () => string; ended: Promise<number | null> } {
  const line = `stty rows 24 cols 100; exec '${process.execPath}' '${place.program('cli')}' ${words.join(' ')}`;
  const env = { ...place.env, TERM: 'xterm-256color' };
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: place.path,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { out: () => out.replaceAll('\r\n', '\n'), ended };
}

async function inTerminal(words: string[]): Promise<{ code: number | null; out: string }> {
  const { out, ended } = beginInTerminal(words);
  return { code: await ended, out: out() };
}

describe.runIf(process.platform === 'linux')('in a terminal', () => {
  const ESC = '\u001b';
  const aboveFooter = (out: string) => out.replace(new RegExp(`${ESC}7${ESC}\\[24;1H.*?${ESC}8`, 'g'), '');

  it('given a task -> then its text scrolls above a line that stays, and the terminal is given back', async () => {
    await start('screen', ...seconds(6), '--tool', 'web_search');
    const { code, out } = await inTerminal(['task', 'watch', 'screen']);
    expect(code).toBe(0);
    expect(out.indexOf(`${ESC}[1;23r`), 'the last row does not scroll').toBeGreaterThanOrEqual(0);
    expect(out.lastIndexOf(`${ESC}[r`)).toBeGreaterThan(out.lastIndexOf(`${ESC}[1;23r`));
    expect(out).toContain(`${ESC}[2mweb_search_call: searching\n${ESC}[22m`);
    expect(out).toContain('screen · in_progress (watching) · ');
    const above = aboveFooter(out);
    expect(above).toContain((await resultOf('screen')).outputText);
    expect(above).toMatch(/screen: completed \(response/);
  });

  it('given a worker that is killed, and another -> then no part of the text is lost, and none comes twice', async () => {
    // It holds the servers meanwhile.
    const holder = await place.start({ DURABLE_RESPONSES_TASK_QUEUE: 'another' });
    await start('killed', ...seconds(20), '--metadata', 'emulator_output_bytes=6000');
    const { out, ended } = beginInTerminal(['task', 'watch', 'killed']);
    const shown = () => aboveFooter(out()).length;
    await eventually('text comes', () => shown() > 500);
    started.child.kill('SIGKILL');
    await started.ended;
    const before = shown();
    expect(before, 'it was killed in the middle of the text').toBeLessThan(5_000);
    await eventually('more text comes without it', () => shown() > before + 200);
    started = await place.start();
    expect(await ended).toBe(0);
    holder.child.kill('SIGINT');
    expect((await holder.ended).code).toBe(0);
    const { outputText, creates } = await resultOf('killed');
    const [head = '', tail = '', ...more] = aboveFooter(out()).split(outputText ?? '-');
    expect([creates, more]).toEqual([1, []]);
    // Around the text there is nothing but the terminal's own, and the words of the end.
    expect(head).not.toMatch(/[a-z]{3}/i);
    expect(tail).toMatch(/killed: completed/);
    expect(tail.length).toBeLessThan(300);
  });

  it('given a batch -> then a table of what runs, and at the end that of the records', async () => {
    const lines = ['a', 'b'].map((id, i) => {
      return { id, model: 'o3', prompt: 'x', metadata: { emulator_run_seconds: String(3 * i + 6) } };
    });
    await writeFile(join(place.path, 'two.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await place.cli(['batch', 'start', 'two.jsonl', '--id', 'two']);
    const { code, out } = await inTerminal(['batch', 'watch', 'two']);
    expect(code).toBe(0);
    expect(out).toMatch(/RUNNING +STATUS +SECONDS +MODEL\n(two\/[ab] +in_progress +\d+ +o3\s+){2}/);
    expect(out).toMatch(/TASK +STATUS +SECONDS +LOOKS +TOKENS +ANSWER\na +completed/);
  });
});

describe('batch watch in a pipe', () => {
  it('given events, and a reader that has seen enough -> then exit 0, and the batch goes on', async () => {
    const lines = [0, 5, 600].map((run) =>
      JSON.stringify({ model: 'o3', prompt: 'x', metadata: { emulator_run_seconds: String(run) } }),
    );
    await writeFile(join(place.path, 'unread.jsonl'), lines.join('\n'));
    await place.cli(['batch', 'start', 'unread.jsonl', '--id', 'unread']);
    const watching = place.begin(['batch', 'watch', 'unread', '--json']);
    watching.child.stdout?.once('data', () => watching.child.stdout?.destroy());
    const { code, err } = await watching.ended;
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringMatching(/^Stopped watching; unread goes on\. [^\n]*batch watch unread\n$/) as string,
    });
    expect(JSON.parse((await place.cli(['batch', 'status', 'unread', '--json'])).out)).toMatchObject({
      execution: 'RUNNING',
    });
    await place.cli(['batch', 'cancel', 'unread']);
  });

  it('given more than 20 that run -> then lines, and events, with 20 of them; at the end the records, and the result', async () => {
    const metadata = { emulator_scenario: 'slow', emulator_queued_seconds: '0' };
    const lines = Array.from({ length: 25 }, () => JSON.stringify({ model: 'o3', prompt: 'x', metadata }));
    await writeFile(join(place.path, 'many.jsonl'), lines.join('\n'));
    await place.cli(['batch', 'start', 'many.jsonl', '--id', 'many']);
    const person = place.begin(['batch', 'watch', 'many']);
    const program = place.begin(['batch', 'watch', 'many', '--json']);
    let json = '';
    program.child.stdout?.on('data', (piece: string) => (json += piece));
    await eventually('both say what runs', () => person.said().includes(' and 5 more') && json.includes('"more":5'));
    await eventually('and that it is in progress', () => person.said().includes(' in_progress '));
    await place.cli(['batch', 'cancel', 'many']);
    const { code, out, err } = await person.ended;
    expect(code).toBe(1);
    expect(err).toMatch(/ {2}running: many\/item-\d+ (queued|in_progress) \d+ s, /);
    expect(out).toMatch(/^TASK +STATUS/);
    expect((await program.ended).code).toBe(1);
    const events = json
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; running?: unknown[] });
    expect(events.at(-1)).toMatchObject({ kind: 'end', result: { batchId: 'many', status: 'cancelled' } });
    expect(Math.max(...events.map(({ running = [] }) => running.length))).toBe(20);
  });
});
