/** `npm run codec-server`: decodes payloads for the Web UI and the `temporal` program, until Ctrl-C. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { loadConfig, type Config } from '../config';
import { configuredTemporal } from '../connection';
import { EMBEDDED_NAMESPACE, prepareDataDir, readEmbedded } from '../embedded';
import { UsageError } from '../errors';
import { exitCodeOf } from '../exit-code';
import { configuredEncryption } from '../security/encryption';
import { KeyRing } from '../security/key-ring';
import { ensureSecretFile } from '../security/secret-file';
import { decoder, onlyOnce } from './decode';
import { startCodecServer } from './server';

const tell = (text: string) => void process.stderr.write(`${text}\n`);

interface Token {
  value: string;
  /** For a shell: what the value is, without it in a log. */
  shown: string;
}

async function tokenOf({ dataDir, codecServer }: Config): Promise<Token> {
  if (codecServer.token !== undefined) {
    return { value: codecServer.token, shown: '$DURABLE_RESPONSES_CODEC_TOKEN' };
  }
  const path = join(dataDir, 'codec.token');
  const value = (await ensureSecretFile(path, path, `${randomBytes(32).toString('base64url')}\n`)).trim();
  return { value, shown: `$(cat ${path})` };
}

async function start(config: Config) {
  await prepareDataDir(config.dataDir);
  const configured = configuredTemporal(config);
  const { keys } = await configuredEncryption(config, configured ? 'configured' : 'embedded');
  if (keys.length === 0) throw new UsageError(['Nothing can be decoded: set DURABLE_RESPONSES_ENCRYPTION_KEYS']);
  const { host, port, origin = configured ? undefined : (await readEmbedded(config))?.uiUrl } = config.codecServer;
  const { value: token, shown } = await tokenOf(config);
  const say = onlyOnce((reason) => tell(`Not decoded: ${reason}`));
  const decode = decoder(new KeyRing(keys), configured?.namespace ?? EMBEDDED_NAMESPACE, say);
  const server = await startCodecServer({ host, port, token, origin: () => origin, decode });
  tell(`Codec server of ${origin ?? 'no Web UI (set DURABLE_RESPONSES_CODEC_ORIGIN)'}. Ctrl-C stops it.`);
  tell(`Codec endpoint, a secret: ${server.url}/${shown}`);
  return server;
}

async function main(): Promise<void> {
  const server = await start(loadConfig());
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.close();
}

main().then(
  () => process.exit(),
  (error: unknown) => process.exit(exitCodeOf(error)),
);
