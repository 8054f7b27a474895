/** A fresh emulator and a fresh folder for each side. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../../emulator';
import { KilledProgram } from '../scale/processes';
import type { Place, Session, Side, Upstream } from './side';

async function get<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

function upstreamAt(url: string): Upstream {
  const page = (name: string) => url.replace('/v1', `/emulator/${name}`);
  return {
    url,
    ledger: () => get<Ledger>(page('ledger')),
    statuses: () => get<Record<string, string>>(page('responses')),
    setFaults: async (rules) => {
      const headers = { 'content-type': 'application/json' };
      const reply = await fetch(page('faults'), { method: 'POST', headers, body: JSON.stringify(rules) });
      if (!reply.ok) throw new Error(`The emulator takes no such faults: ${await reply.text()}`);
    },
  };
}

/** What `body` has started for its place is gone at the end. */
export async function withPlace<T>(name: string, body: (place: Place) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  const emulator = new KilledProgram({ file: 'emulator/main.js', args: ['--port', '0'], ready: /http:\S+\/v1(?= )/ });
  const closers = [() => emulator.stop()] as (() => Promise<unknown>)[];
  try {
    const upstream = upstreamAt(await emulator.start());
    return await body({ folder, upstream, onClose: (close) => void closers.push(close) });
  } finally {
    for (const close of closers.reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export const withSide = <T>(side: Side, body: (session: Session, upstream: Upstream) => Promise<T>): Promise<T> =>
  withPlace(side.name, async (place) => body(await side.open(place), place.upstream));
