/** Which addresses processes listen on, as the kernel has it (Linux). */
import { readdir, readFile, readlink } from 'node:fs/promises';

export interface Listener {
  pid: number;
  /** As the kernel writes it: `0100007F` is 127.0.0.1. */
  address: string;
  port: number;
  isLoopback: boolean;
}

const LISTENS = '0A';

/** 127.0.0.0/8 as IPv4 and within IPv6, and ::1. The kernel writes each four bytes the other way round. */
const LOOPBACK = /^((0{16}FFFF0{4}|)[0-9A-F]{6}7F|0{24}01000000)$/;

async function inodesOf(pid: number): Promise<Set<string>> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
}

async function table(name: 'tcp' | 'tcp6'): Promise<string[][]> {
  const lines = (await readFile(`/proc/net/${name}`, 'utf8')).trim().split('\n').slice(1);
  return lines.map((line) => line.trim().split(/\s+/));
}

/** Every TCP socket on which one of the processes listens. */
export async function listenersOf(pids: readonly number[]): Promise<Listener[]> {
  const rows = (await Promise.all([table('tcp'), table('tcp6')])).flat().filter(([, , , state]) => state === LISTENS);
  const held = await Promise.all(pids.map(async (pid) => ({ pid, inodes: await inodesOf(pid) })));
  return rows.flatMap((row) => {
    const [address = '', port = ''] = (row[1] ?? '').split(':');
    const owner = held.find(({ inodes }) => inodes.has(row[9] ?? ''));
    const listener = { address, port: Number.parseInt(port, 16), isLoopback: LOOPBACK.test(address) };
    return owner ? [{ pid: owner.pid, ...listener }] : [];
  });
}
