/** The examples of live text against `npm start`, as a person runs them. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from './helpers/embedded';
import { newPlace, runNode, stopPlace, type Place, type Running } from './helpers/programs';

let place: Place;
let started: Running;

beforeAll(async () => {
  place = await newPlace();
  started = await place.start();
});

afterAll(() => stopPlace(place, started));

const begin = (name: string, ...args: string[]) =>
  runNode([join(__dirname, '..', 'lib', 'examples', `${name}.js`), ...args], { cwd: place.path, env: place.env });

const answerOf = async (id: string) => (await place.cli(['task', 'result', id])).out.slice(0, -1);

it('stream -> the text as it comes, and then how it ended', async () => {
  const { code, out, err } = await begin('stream', 'o3', 'novel').ended;
  expect(code).toBe(0);
  expect(err).toMatch(/^started: novel\n(status: \w+\n)*status: in_progress\n[^]*\nend: completed\n$/);
  expect(out).toBe(await answerOf('novel'));
});

it('stream that is killed, and resume with the id alone -> the text so far, and the rest', async () => {
  const streaming = begin('stream', 'o3', 'cut');
  let text = '';
  streaming.child.stdout?.on('data', (piece: string) => (text += piece));
  await eventually('some of the text is there', () => text.length > 20);
  streaming.child.kill('SIGKILL');
  const { code, out, err } = await begin('resume', 'cut').ended;
  expect(code).toBe(0);
  expect(err).toBe(`completed, ${out.length} characters\n`);
  expect(out.startsWith(text)).toBe(true);
  expect(out).toBe(await answerOf('cut'));
});
