/** A way to a server, by TCP, that can be cut or stall, as a network does. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Way {
  /** `host:port`; the same for as long as it is there. */
  address: string;
  /** Open connections are reset, new ones are refused. */
  cut(): void;
  /** Connections stay and are accepted, and nothing passes. What was sent meanwhile passes after `heal`. */
  stall(): void;
  /** As at the beginning. */
  heal(): Promise<void>;
  close(): void;
}

/** Connections that pass: the near end, and the end at the server. */
class Pairs {
  private readonly open = new Set<readonly [Socket, Socket]>();
  private isStalled = false;

  constructor(private readonly target: { host: string; port: number }) {}

  accept(near: Socket): void {
    const far = connect(this.target);
    const pair = [near, far] as const;
    this.open.add(pair);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      // Whatever ends one end ends the other.
      socket.on('close', () => this.end(pair));
    }
    if (!this.isStalled) near.pipe(far).pipe(near);
  }

  stall(): void {
    this.isStalled = true;
    for (const [near, far] of this.open) {
      near.unpipe(far);
      far.unpipe(near);
    }
  }

  flow(): void {
    if (!this.isStalled) return;
    this.isStalled = false;
    for (const [near, far] of this.open) near.pipe(far).pipe(near);
  }

  reset(): void {
    for (const [near, far] of this.open) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  private end(pair: readonly [Socket, Socket]): void {
    this.open.delete(pair);
    for (const socket of pair) socket.destroy();
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** Opens a way to `host:port`. */
export async function wayTo(address: string): Promise<Way> {
  const { hostname: host, port } = new URL(`tcp://${address}`);
  const pairs = new Pairs({ host, port: Number(port) });
  const server = createServer((near) => pairs.accept(near));
  const ownPort = await listen(server, 0);
  const cut = () => {
    server.close();
    pairs.reset();
  };
  return {
    address: `127.0.0.1:${ownPort}`,
    cut,
    stall: () => pairs.stall(),
    heal: async () => {
      pairs.flow();
      if (!server.listening) await listen(server, ownPort);
    },
    close: cut,
  };
}
