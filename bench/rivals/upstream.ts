/** A fresh emulator and a fresh folder for each side. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../../emulator';
import { KilledProgram } from '../scale/processes';
import type { Session, Side, Upstream } from './side';

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

/** Everything that was started for it is gone at the end. */
export async function withSide<T>(side: Side, body: (session: Session, upstream: Upstream) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `bench-${side.name}-`));
  const emulator = new KilledProgram({ file: 'emulator/main.js', args: ['--port', '0'], ready: /http:\S+\/v1(?= )/ });
  const closers = [() => emulator.stop()] as (() => Promise<unknown>)[];
  try {
    const upstream = upstreamAt(await emulator.start());
    const session = await side.open({ folder, upstream, onClose: (close) => void closers.push(close) });
    return await body(session, upstream);
  } finally {
    for (const close of closers.reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  }
}
