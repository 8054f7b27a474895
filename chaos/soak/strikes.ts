/** What is killed, cut off or stalled, and how it comes back. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KilledProgram } from '../../bench/scale/processes';
import type { Place } from '../place';
import type { UpstreamTrouble } from './trouble';

export interface Struck {
  place: Place;
  workers: readonly KilledProgram[];
  trouble: UpstreamTrouble;
}

interface StrikeForm {
  /** The least and the most that it lasts. */
  awaySeconds: [number, number];
  begin(struck: Struck): Promise<void> | void;
  end(struck: Struck): Promise<unknown>;
}

/** A worker gives up when the server does not answer within seconds, as on a busy machine; whoever runs it starts it again. */
const STARTS = 10;

export async function startAgain(program: KilledProgram): Promise<void> {
  for (let left = STARTS; ; left--) {
    try {
      return void (await program.start());
    } catch (error) {
      if (left <= 1) throw error;
    }
  }
}

const killed = (of: (struck: Struck) => readonly KilledProgram[]) => ({
  begin: async (struck: Struck) => void (await Promise.all(of(struck).map((program) => program.kill()))),
  end: (struck: Struck) => Promise.all(of(struck).map(startAgain)),
});

/** The server first: a worker that finds none ends at once. */
const startAll = async ({ place, workers }: Struck) => {
  await startAgain(place.server);
  await Promise.all(workers.map(startAgain));
};

/** Longer than a heartbeat may be late (9 s), at most: then the server gives the work to another attempt. */
const OF_A_WAY: [number, number] = [2, 14];

const onWay = (name: keyof Place['ways'], how: 'cut' | 'stall'): StrikeForm => ({
  awaySeconds: OF_A_WAY,
  begin: ({ place }) => place.ways[name][how](),
  end: ({ place }) => place.ways[name].heal(),
});

export const STRIKES = {
  'kill -9 of a worker': { awaySeconds: [0, 4], ...killed(({ workers }) => workers.slice(0, 1)) },
  'kill -9 of all workers': { awaySeconds: [0, 8], ...killed(({ workers }) => workers) },
  'kill -9 of the receiver': { awaySeconds: [0, 8], ...killed(({ place }) => [place.receiver]) },
  'kill -9 of the server': { awaySeconds: [0, 5], ...killed(({ place }) => [place.server]) },
  'kill -9 of server and workers': {
    awaySeconds: [0, 5],
    ...killed(({ place, workers }) => [place.server, ...workers]),
    end: startAll,
  },
  'kill -9 of the emulator': {
    awaySeconds: [0, 5],
    begin: ({ trouble }) => trouble.killEmulator(),
    end: ({ trouble }) => trouble.startEmulator(),
  },
  'way to the server cut': onWay('toServer', 'cut'),
  'way to the server stalled': onWay('toServer', 'stall'),
  'way to upstream cut': onWay('toUpstream', 'cut'),
  'way to upstream stalled': onWay('toUpstream', 'stall'),
} as const satisfies Record<string, StrikeForm>;

export type StrikeKind = keyof typeof STRIKES;

/** Strikes, waits, and has it come back. */
export async function strike(struck: Struck, kind: StrikeKind, awaySeconds: number): Promise<void> {
  const form: StrikeForm = STRIKES[kind];
  await form.begin(struck);
  try {
    await sleep(1000 * awaySeconds);
  } finally {
    await form.end(struck);
  }
}
