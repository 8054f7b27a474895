/** The protocol of codec servers: payloads as JSON in, payloads as JSON out. */
import { messageOf } from '../errors';
import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import { EncryptionCodec, isEncrypted } from '../security/codec';
import type { KeyRing } from '../security/key-ring';

const wirePayload = z.looseObject({
  metadata: z.record(z.string(), z.string()).nullish(),
  data: z.string().nullish(),
});
type WirePayload = z.infer<typeof wirePayload>;

const requestSchema = z.object({ payloads: z.array(wirePayload) });

/** For each payload of the body the same, decoded; null when it is no such body. */
export type Decode = (body: Uint8Array, namespace: string | undefined) => Promise<string | null>;

const base64 = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('base64');

function fromWire({ metadata, data }: WirePayload): Payload {
  const entries = Object.entries(metadata ?? {}).map(([name, text]) => [name, Buffer.from(text, 'base64')] as const);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data ?? '', 'base64') };
}

function toWire({ metadata, data }: Payload): WirePayload {
  const entries = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)] as const);
  return { metadata: Object.fromEntries(entries), data: base64(data) };
}

function parse(body: Uint8Array): WirePayload[] | null {
  try {
    return requestSchema.safeParse(JSON.parse(Buffer.from(body).toString())).data?.payloads ?? null;
  } catch {
    return null;
  }
}

/** Says each reason once, a hundred at most: a page of a UI asks for hundreds of payloads. */
export function onlyOnce(say: (message: string) => void): (message: string) => void {
  const said = new Set<string>();
  return (message) => {
    if (said.has(message) || said.size >= 100) return;
    said.add(message);
    say(message);
  };
}

/**
 * Decodes what this package encrypted, and gives back everything else as it came: also what cannot be decrypted, since
 * one bad payload should not hide the rest of a page.
 *
 * @param namespace Of requests that name none.
 * @param onProblem Why something was not decrypted; without anything of it.
 */
export function decoder(keys: KeyRing, namespace: string, onProblem: (message: string) => void): Decode {
  async function decodeOne(codec: EncryptionCodec, wire: WirePayload): Promise<WirePayload> {
    const payload = fromWire(wire);
    if (!isEncrypted(payload)) return wire;
    try {
      const [plain] = await codec.decode([payload]);
      return plain ? toWire(plain) : wire;
    } catch (error) {
      onProblem(messageOf(error));
      return wire;
    }
  }

  return async (body, asked) => {
    const wires = parse(body);
    if (!wires) return null;
    const codec = new EncryptionCodec(keys, { namespace: asked ?? namespace });
    const payloads = await Promise.all(wires.map((wire) => decodeOne(codec, wire)));
    return JSON.stringify({ payloads });
  };
}
