/** What a holder and the keeper say to each other: one JSON object a line over a loopback connection. */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { EmbeddedRecord } from './record';

const serviceName = z.enum(['temporal', 'emulator']);
export type ServiceName = z.infer<typeof serviceName>;

const services = z.object({
  temporalAddress: z.string().optional(),
  uiUrl: z.string().optional(),
  emulatorUrl: z.string().optional(),
  /** Where the Web UI has payloads decoded. With a token in it: for the owner of the data folder only. */
  codecEndpoint: z.string().optional(),
});
export type Services = z.infer<typeof services>;

/** From a holder, once, as its first line. Without `need` it only asks and holds nothing. */
export const requestSchema = z.object({
  token: z.string(),
  need: z.array(serviceName).optional(),
  /** The program to run and extra arguments, used only when the server does not run yet. */
  temporal: z.object({ path: z.string(), args: z.array(z.string()) }).optional(),
});
export type Request = z.infer<typeof requestSchema>;

export const replySchema = z.union([
  z.object({ services }),
  z.object({ failed: z.object({ message: z.string(), hint: z.string() }) }),
  z.object({ notice: z.string() }),
  /** The answer to a holder that leaves: whether it was the last, so that everything is now being stopped. */
  z.object({ bye: z.enum(['others remain', 'stopping']) }),
]);
export type Reply = z.infer<typeof replySchema>;

/** Sends one line; a connection that is gone is no error, its end is noticed elsewhere. */
export function send(socket: Socket, message: Request | Reply): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** Calls `onMessage` for each line that is a valid message; others are dropped. */
export function receive<T>(socket: Socket, schema: z.ZodType<T>, onMessage: (message: T) => void): void {
  // Errors are followed by `close`, where they are dealt with.
  socket.on('error', () => undefined);
  createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) => {
    const message = parse(schema, line);
    if (message !== undefined) onMessage(message);
  });
}

function parse<T>(schema: z.ZodType<T>, line: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Connects to the keeper of the record; undefined when nothing listens there. */
export function connectTo(record: EmbeddedRecord): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: record.controlPort, allowHalfOpen: true });
    // On the loopback a listener answers at once; two seconds allow for a machine under load.
    socket.setTimeout(2000, () => socket.destroy());
    socket.once('connect', () => {
      socket.setTimeout(0);
      resolve(socket);
    });
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
  });
}
