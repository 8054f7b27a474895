/** The codec server as a service of the keeper: the Web UI of its Temporal server shows what is encrypted elsewhere. */
import { randomBytes } from 'node:crypto';
import { decoder, onlyOnce } from '../codec-server/decode';
import { startCodecServer, type CodecServer } from '../codec-server/server';
import { KeyRing } from '../security/key-ring';
import { keyFileOf } from '../security/encryption';
import { parseKeys } from '../security/keys';
import { findSecretFile } from '../security/secret-file';
import { LOOPBACK } from './ports';
import { EMBEDDED_NAMESPACE } from './record';

export interface CodecServiceOptions {
  dataDir: string;
  /** As `writeKeys` gives them; empty for those of the data folder. */
  keys: string;
  /** Of the UI, once it is known. */
  origin: () => string | undefined;
  log: (text: string) => void;
}

/** Undefined where there are no keys: then there is nothing to decode. The token is new each time, and in no log. */
export async function startCodecService(options: CodecServiceOptions): Promise<CodecServer | undefined> {
  const { dataDir, origin, log } = options;
  const path = keyFileOf(dataDir);
  const ring = parseKeys(options.keys || ((await findSecretFile(path, path)) ?? ''));
  if (ring.length === 0) return undefined;
  const decode = decoder(
    new KeyRing(ring),
    EMBEDDED_NAMESPACE,
    onlyOnce((reason) => log(`not decoded for the Web UI: ${reason}`)),
  );
  const token = randomBytes(32).toString('base64url');
  return startCodecServer({ host: LOOPBACK, port: 0, token, origin, decode });
}
