/** What else can be taken away under work that is under way, and how it comes back. */
import type { KilledProgram } from '../../bench/scale/processes';
import { isAlive } from '../../src/embedded/processes';
import type { Place } from '../place';
import type { SmallDisk } from './disk';

export interface Scene {
  place: Place;
  worker: KilledProgram;
  /** Where the row is about one. */
  disk: SmallDisk | null;
}

export interface OutageRow {
  /** In the table. */
  name: string;
  /** The disk that is filled. */
  disk?: { megabytes: number; holds: 'store' | 'database' };
  /** How long it lasts, between these; the seed decides. */
  seconds: readonly [number, number];
  strike(scene: Scene): Promise<void> | void;
  heal(scene: Scene): Promise<unknown>;
}

/** A server may have died of what it could not write. */
async function startAgain(program: KilledProgram): Promise<void> {
  if (program.pid === undefined || !isAlive(program.pid)) await program.start();
}

export const OUTAGE_ROWS: readonly OutageRow[] = [
  {
    name: 'the Temporal server',
    seconds: [0, 5],
    strike: ({ place }) => place.server.kill(),
    heal: ({ place }) => place.server.start(),
  },
  {
    name: 'the server and the worker',
    seconds: [0, 5],
    strike: async ({ place, worker }) => void (await Promise.all([place.server.kill(), worker.kill()])),
    heal: async ({ place, worker }) => {
      await place.server.start();
      await worker.start();
    },
  },
  {
    name: 'network to the server cut',
    seconds: [1, 15],
    strike: ({ place }) => place.ways.toServer.cut(),
    heal: ({ place }) => place.ways.toServer.heal(),
  },
  {
    name: 'network to the server stalls',
    seconds: [1, 15],
    strike: ({ place }) => place.ways.toServer.stall(),
    heal: ({ place }) => place.ways.toServer.heal(),
  },
  {
    name: 'network to upstream cut',
    seconds: [1, 15],
    strike: ({ place }) => place.ways.toUpstream.cut(),
    heal: ({ place }) => place.ways.toUpstream.heal(),
  },
  {
    name: 'network to upstream stalls',
    seconds: [1, 15],
    strike: ({ place }) => place.ways.toUpstream.stall(),
    heal: ({ place }) => place.ways.toUpstream.heal(),
  },
  {
    name: 'upstream',
    seconds: [0, 5],
    strike: ({ place }) => place.emulator.kill(),
    heal: ({ place }) => place.emulator.start(),
  },
  {
    name: 'disk of the store full',
    disk: { megabytes: 4, holds: 'store' },
    seconds: [8, 12],
    strike: ({ disk }) => disk?.fill(),
    heal: ({ disk }) => Promise.resolve(disk?.empty()),
  },
  {
    name: "disk of the server's database full",
    disk: { megabytes: 64, holds: 'database' },
    seconds: [3, 8],
    strike: ({ disk }) => disk?.fill(),
    heal: ({ place, disk }) => {
      disk?.empty();
      return startAgain(place.server);
    },
  },
];
