/** Ports on the loopback address. */
import { connect, createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';

/** The ports that Temporal's users and tools expect. */
const USUAL_TEMPORAL_PORT = 7233;
const USUAL_UI_PORT = 8233;

export interface TemporalPorts {
  grpc: number;
  ui: number;
  /**
   * Of the HTTP API, which the server opens after the gRPC port and dies when it cannot have that one. Nobody else knows
   * this port: when it listens, the gRPC port is this server's, not that of another one started at the same moment.
   */
  http: number;
}

/** 7233 and 8233 when both are free, else two free ones. */
export async function temporalPorts(preferUsual: boolean): Promise<TemporalPorts> {
  const [grpc, ui, http] = await Promise.all([freePort(), freePort(), freePort()]);
  if (preferUsual && (await isFree(USUAL_TEMPORAL_PORT)) && (await isFree(USUAL_UI_PORT))) {
    return { grpc: USUAL_TEMPORAL_PORT, ui: USUAL_UI_PORT, http };
  }
  return { grpc, ui, http };
}

/** Nothing answers there and it can be bound: with one check alone, a listener on all addresses could be missed. */
async function isFree(port: number): Promise<boolean> {
  if (await isListening(port)) return false;
  return bind(port).then(
    () => true,
    () => false,
  );
}

/** One that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return bind(0);
}

function bind(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

/** True when something accepts connections on the port of the loopback address. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    const answer = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    // The loopback answers at once, whether by accepting or by refusing.
    socket.setTimeout(1000, () => answer(false));
  });
}
