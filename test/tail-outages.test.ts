/** `client.tail` while what it depends on is killed, restarted, or older than it may be. */
import { Client, Connection } from '@temporalio/client';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator';
import type { DurableResponses } from '../src/client';
import { tailTask } from '../src/client/tail';
import type { TailEvent } from '../src/contracts';
import { eventually } from './helpers/embedded';
import { wayTo } from '../chaos/place/way';
import { connectTo } from './helpers/clients';
import { streamable } from './helpers/tailed';
import { endOfTail, ofKind, restartsIn, sha256, textTold, told } from './helpers/tails';
import { startWorkerProcess } from './helpers/worker-process';
import { devServerWorld, keepWorking, uniqueId, type World } from './helpers/world';

let world: World;
let client: DurableResponses;
let again: Emulator | undefined;
let aheadMs = 0;
const clock = { now: () => Date.now() + aheadMs };
const folder = mkdtempSync(join(tmpdir(), 'durable-responses-tail-'));
const options = { clock, stateFile: join(folder, 'state.jsonl') };

beforeAll(async () => {
  world = await devServerWorld({ emulator: options });
  client = await connectTo(world);
});

afterAll(async () => {
  await client.close();
  await again?.close();
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

const textsIn = (events: readonly TailEvent[]): number => ofKind(events, 'text').length;

/** Watches in the background. */
function watching(id: string): { events: TailEvent[]; ended: Promise<void> } {
  const events: TailEvent[] = [];
  const read = async () => {
    for await (const event of client.tail(id)) events.push(event);
  };
  return { events, ended: read() };
}

function expectWholeText(events: readonly TailEvent[]): void {
  const { status, outputText } = endOfTail(events);
  expect(status).toBe('completed');
  expect(sha256(textTold(events))).toBe(sha256(outputText));
  expect(restartsIn(events)).toBe(0);
}

it('given a worker that is killed while the text comes -> then the text goes on without it, and the end with another', async () => {
  const first = await startWorkerProcess(world);
  const metadata = { emulator_queued_seconds: '0.2', emulator_run_seconds: '6', emulator_output_bytes: '3000' };
  const { id } = await client.startTask(
    { request: { model: 'o3', input: 'Why?', metadata }, options: { watch: 'stream' } },
    { id: uniqueId('killed') },
  );
  const { events, ended } = watching(id);
  await eventually('text comes', () => textsIn(events) > 3);
  await first.kill();
  const before = textsIn(events);
  await eventually('more text comes', () => textsIn(events) > before + 3);
  const second = await startWorkerProcess(world);
  await ended;
  await second.stop();
  expectWholeText(events);
  expect(endOfTail(events)).toMatchObject({ creates: 1, possibleOrphans: [] });
}, 90_000);

it('given an emulator that is stopped and started again -> then the text goes on where it was', async () => {
  const worker = keepWorking(world);
  const responseId = await streamable(world, { emulator_queued_seconds: '0', emulator_run_seconds: '5' });
  const { id } = await client.attachTask(responseId);
  const { events, ended } = watching(id);
  await eventually('text comes', () => textsIn(events) > 3);
  const port = Number(new URL(world.emulator.url).port);
  await world.emulator.close();
  again = await startEmulator({ ...options, port });
  world.emulator = again;
  await ended;
  await worker.stop();
  expectWholeText(events);
  const resumed = again.ledger().streams.filter(({ startingAfter }) => startingAfter !== null);
  expect(resumed.length).toBeGreaterThan(0);
});

it('given a response over 5 minutes old -> then its status, and the text at the end', async () => {
  const worker = keepWorking(world);
  const responseId = await streamable(world, { emulator_queued_seconds: '0', emulator_run_seconds: '400' });
  aheadMs = 320_000;
  const { id } = await client.attachTask(responseId, { options: { pollIntervalsSeconds: [0.5] } });
  const { events, ended } = watching(id);
  const refused = () =>
    world.emulator
      .ledger()
      .calls.filter(({ op, status, id: of }) => op === 'stream' && of === responseId && status === 400);
  await eventually('the stream is refused', () => refused().length === 1);
  await eventually('the status is told', () => ofKind(events, 'status').length > 0);
  aheadMs = 500_000;
  await ended;
  await worker.stop();
  expectWholeText(events);
  expect(textsIn(events)).toBe(1);
  expect(refused()).toHaveLength(1);
});

it('given no worker -> then the status as the server has it, without a phase', async () => {
  aheadMs = 0;
  const responseId = await streamable(world, { emulator_queued_seconds: '0', emulator_run_seconds: '2' });
  const { id } = await client.attachTask(responseId, { id: uniqueId('alone') });
  const events = await told(client.tail(id), (all) => all.length >= 1);
  expect(events).toEqual([{ kind: 'status', status: 'queued', phase: null }]);
  await world.client.workflow.getHandle(id).terminate('nobody works on it');
});

it('given a server that stays away -> then an error that names the task, and how to come back', async () => {
  const { id } = await client.startTask({ request: { model: 'o3', input: 'Why?' } }, { id: uniqueId('away') });
  const proxy = await wayTo(world.env.address);
  // Without tries of its own a call fails at once, and not after 20 s.
  const connection = await Connection.connect({ address: proxy.address, interceptors: [] });
  const reached = new Client({ connection });
  const server = { client: () => reached, renew: () => Promise.resolve(), maxFailures: 2 };
  const upstream = () => Promise.reject(new Error('This task has no response.'));
  const read = async () => {
    for await (const event of tailTask({ ...server, store: world.store, upstream }, id, {})) {
      expect(event.kind).toBe('status');
      proxy.cut();
    }
  };
  await expect(read()).rejects.toMatchObject({
    name: 'UnreachableError',
    message: expect.stringContaining(`${id} is kept`) as string,
    hint: expect.stringContaining(`\`task watch ${id}\``) as string,
  });
  await connection.close();
  await world.client.workflow.getHandle(id).terminate('nobody works on it');
});

it('given another server on the port of the first, and then the first on another -> then the watch goes on', async () => {
  const { id } = await client.startTask({ request: { model: 'o3', input: 'Why?' } }, { id: uniqueId('moved') });
  const proxy = await wayTo(world.env.address);
  const connection = await Connection.connect({ address: proxy.address, interceptors: [] });
  // One that does not know the task, and the right one.
  const next = [new Client({ connection: world.client.connection, namespace: 'temporal-system' }), world.client];
  let current = new Client({ connection });
  const renew = () => Promise.resolve(void (current = next.shift() ?? current));
  const upstream = () => Promise.reject(new Error('Nobody asks for the text here.'));
  const worker = { stop: () => Promise.resolve() };
  const events: TailEvent[] = [];
  for await (const event of tailTask({ client: () => current, renew, store: world.store, upstream }, id, {})) {
    if (events.push(event) > 1) continue;
    proxy.cut();
    await eventually('the second server was asked, and left', () => next.length === 0);
    worker.stop = keepWorking(world).stop;
  }
  await worker.stop();
  expect(endOfTail(events)).toMatchObject({ status: 'completed', creates: 1 });
  await connection.close();
});
