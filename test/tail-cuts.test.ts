/** Cuts at every place of a stream there is: the text that a viewer puts together is the same each time, and paid once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultRule } from '../emulator';
import { followEvents } from '../src/client/tail-follow';
import type { DurableResponses } from '../src/client';
import type { TailEvent } from '../src/contracts';
import { TailState } from '../src/stream/tail-state';
import { createUpstream, type Upstream } from '../src/upstream';
import { emulated, type Emulated } from './helpers/emulated';
import { closedStreams, repeating, replayed } from './helpers/streams';
import { connectTo } from './helpers/clients';
import { endOfTail, restartsIn, sha256, textTold, told } from './helpers/tails';
import { answerUpstream, begin, ledgerOf } from './helpers/watched';
import { devServerWorld, keepWorking, uniqueId, type World } from './helpers/world';

/** Its first words come again in the answer, so that a cut goes through characters of several bytes. */
const input = 'Wieso halten Otter 🦦 im Schlaf Händchen?';

type Recorded = Emulated & { id: string; blocks: string[]; text: string };

/** A run that has ended, with the bytes of each of its events. */
async function recorded(): Promise<Recorded> {
  const all = await emulated();
  const metadata = { emulator_queued_seconds: '0', emulator_run_seconds: '1' };
  const body = { model: 'o3', background: true, stream: true, input, metadata };
  await (await all.raw('POST', '/responses', body)).body?.cancel();
  const { id } = all.emulator.ledger().creates[0] ?? { id: '' };
  all.at(100);
  const blocks = (await replayed(all, id)).split(/(?<=\n\n)/);
  return { ...all, id, blocks, text: (await all.client.responses.retrieve(id)).output_text };
}

/** What a viewer puts together while the first connection has a fault. */
async function viewed({ emulator, id }: Recorded, fault: FaultRule['do'], through = (upstream: Upstream) => upstream) {
  emulator.setFaults([{ op: 'stream', times: 1, do: fault }]);
  const before = (await closedStreams({ emulator })).length;
  const upstream = through(createUpstream({ apiKey: 'sk-test', baseURL: emulator.url }));
  const state = new TailState();
  const events: TailEvent[] = state.responseIs(id);
  const numbers: (number | undefined)[] = [];
  await followEvents(id, {
    upstream: () => Promise.resolve(upstream),
    signal: new AbortController().signal,
    onEvent: (event) => {
      numbers.push(event.sequence_number);
      events.push(...state.happened(event));
    },
  });
  const asked = (await closedStreams({ emulator })).slice(before).map(({ startingAfter }) => startingAfter);
  return { hash: sha256(textTold(events)), restarts: restartsIn(events), numbers, asked };
}

describe('a viewer of a recorded run', () => {
  const whole = ({ text, blocks }: Recorded) => {
    return { hash: sha256(text), restarts: 0, numbers: blocks.map((_, number) => number) };
  };

  test('given a cut after each event -> then the same text, and each event once, from where it was cut', async () => {
    const run = await recorded();
    expect(run.blocks.length).toBeGreaterThan(10);
    for (const after of run.blocks.keys()) {
      // After the last event nothing is left to ask for.
      const asked = after === run.blocks.length - 1 ? [null] : [null, after];
      expect(await viewed(run, { kind: 'stream_cut', after })).toEqual({ ...whole(run), asked });
    }
    expect(run.emulator.ledger().creates).toHaveLength(1);
  });

  test('given a server that then sends all of it again -> then what was told is not told again', async () => {
    const run = await recorded();
    for (const after of run.blocks.keys()) {
      const { asked, ...seen } = await viewed(run, { kind: 'stream_cut', after }, repeating);
      expect(seen).toEqual(whole(run));
      expect(asked).toHaveLength(after === run.blocks.length - 1 ? 1 : 2);
    }
  });

  test('given a cut at each byte of a piece of the text -> then the same text, and only whole events count', async () => {
    const run = await recorded();
    const nth = run.blocks.findIndex((block) => block.includes('output_text.delta') && /[^ -~\n]/.test(block));
    expect(nth, 'a piece with characters of several bytes').toBeGreaterThan(3);
    const before = Buffer.byteLength(run.blocks.slice(0, nth).join(''));
    const bytes = Buffer.byteLength(run.blocks[nth] ?? '');
    for (let at = 0; at <= bytes; at++) {
      const asked = [null, at === bytes ? nth : nth - 1];
      const seen = await viewed(run, { kind: 'stream_cut_at_byte', bytes: before + at });
      expect(seen, `cut at byte ${at} of ${bytes}`).toEqual({ ...whole(run), asked });
    }
    expect(run.emulator.ledger().creates).toHaveLength(1);
  });
});

describe('viewers of tasks', () => {
  let world: World;
  let client: DurableResponses;
  let worker: ReturnType<typeof keepWorking>;

  beforeAll(async () => {
    world = await devServerWorld({ maxStreams: 60 });
    client = await connectTo(world);
    worker = keepWorking(world);
  });
  afterAll(async () => {
    await worker.stop();
    await client.close();
    await world.close();
  });

  /** A task, and what its viewer is told. */
  async function viewedTask(id: string) {
    await begin(world, { id, input, metadata: { emulator_run_seconds: '2' } });
    const events = await told(client.tail(id));
    return { id, events, result: endOfTail(events), ...ledgerOf(world, id) };
  }

  test('given cuts of all its connections after each event -> then text, answer and hash are the same, one create', async () => {
    const whole = await viewedTask(uniqueId('whole'));
    const count = 1 + Math.max(...whole.streams.map(({ last }) => last ?? -1));
    expect(count).toBeGreaterThan(10);
    const ids = Array.from({ length: count }, () => uniqueId('cut'));
    // A reader that has the event already is not cut again.
    const faults = ids.map((task, after): FaultRule => ({ op: '*', task, do: { kind: 'stream_cut', after } }));
    world.emulator.setFaults(faults);
    const hash = sha256(whole.result.outputText);
    for (const { id, events, result, creates, streams } of await Promise.all(ids.map(viewedTask))) {
      expect([id, sha256(textTold(events)), sha256(result.outputText)]).toEqual([id, hash, hash]);
      expect(sha256(await answerUpstream(world, result.responseId))).toBe(hash);
      expect(restartsIn(events)).toBe(0);
      expect(result).toMatchObject({ status: 'completed', creates: 1, possibleOrphans: [] });
      expect(creates).toHaveLength(1);
      const after = ids.indexOf(id);
      const cut = streams.filter(({ outcome }) => outcome === 'cut');
      expect(cut.filter(({ last }) => last !== after)).toEqual([]);
      expect(cut.length).toBeGreaterThan(0);
    }
    expect(world.emulator.faultsFired().filter((times) => times >= 2).length).toBeGreaterThan(count - 4);
  });
});
