/** The receiver as it is configured: its secrets, its connections, and the emulator's where that is upstream. */
import type { Client } from '@temporalio/client';
import { randomBytes } from 'node:crypto';
import type { Config } from '../config';
import { connectClient } from '../connection';
import { UnreachableError, UsageError } from '../errors';
import { createUpstream, needsEmulator, upstreamOptions, webhookVerifier } from '../upstream';
import type { Counts } from './counts';
import { jsonLog, type Log } from './log';
import { MessageReceiver } from './receive';
import { httpReceiver } from './server';

/** Within the time that a message is answered in. */
const GET_MS = 3_000;
const CONNECT_MS = 8_000;
const COUNTS_EVERY_MS = 60_000;

export interface WebhookReceiver {
  url: string;
  counts: Counts;
  close(): Promise<void>;
}

/** The emulator signs with what it is told. */
function secretsOf({ webhook }: Config, isEmulated: boolean): readonly string[] {
  if (webhook.secrets.length > 0) return webhook.secrets;
  if (isEmulated) return [`whsec_${randomBytes(24).toString('base64')}`];
  throw new UsageError(['OPENAI_WEBHOOK_SECRET: not set; set it to the signing secret of your webhook endpoint']);
}

/** Has the local emulator send its webhooks here, in place of other addresses. */
async function tellEmulator(emulatorUrl: string, url: string, secret: string): Promise<void> {
  const address = emulatorUrl.replace(/\/v1\/?$/, '/emulator/webhooks');
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify([{ url, secret }]);
  const signal = AbortSignal.timeout(GET_MS);
  const reply = await fetch(address, { method: 'POST', headers, body, redirect: 'error', signal });
  if (reply.ok) return;
  const hint = 'Stop and start `npm start` again.';
  throw new UnreachableError(`The emulator at ${emulatorUrl} takes no webhooks (HTTP ${reply.status}).`, hint);
}

/** Says now and then what became of messages; gives what stops it. */
function sayCounts(counts: Counts, log: Log): () => void {
  let last = '{}';
  const say = () => {
    const text = JSON.stringify(counts.read());
    if (text !== last) log('INFO', 'counts', counts.read());
    last = text;
  };
  const timer = setInterval(say, COUNTS_EVERY_MS);
  return () => {
    clearInterval(timer);
    say();
  };
}

async function listen(
  config: Config,
  client: Client,
  secrets: readonly string[],
  emulatorUrl: string | undefined,
): Promise<WebhookReceiver> {
  const { webhook } = config;
  const emulator = needsEmulator(config) ? emulatorUrl : undefined;
  const log = jsonLog(config.logLevel);
  const upstream = createUpstream({ ...upstreamOptions(config, emulatorUrl), callDeadlineMs: GET_MS });
  const parts = { verify: webhookVerifier(secrets), client, upstream, orphans: webhook.orphans, log };
  const receiver = new MessageReceiver(parts);
  const http = await httpReceiver(webhook, (body, headers) => receiver.receive(body, headers));
  const stopSaying = sayCounts(receiver.counts, log);
  const close = async () => {
    await http.close();
    stopSaying();
  };
  try {
    if (emulator !== undefined) await tellEmulator(emulator, http.url, secrets[0] ?? '');
    return { url: http.url, counts: receiver.counts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Starts the receiver. Close it when done.
 *
 * @param emulatorUrl The running emulator, when that is upstream.
 * @throws UsageError for a secret that is missing or a port that is in use; UnreachableError when the Temporal server,
 * or the emulator, cannot be reached.
 */
export async function openReceiver(config: Config, emulatorUrl?: string): Promise<WebhookReceiver> {
  if (needsEmulator(config) && emulatorUrl === undefined)
    throw new UnreachableError('There is no OPENAI_API_KEY, and no emulator runs.', 'Run `npm start`, or set the key.');
  // Before anything is connected to.
  const secrets = secretsOf(config, needsEmulator(config));
  const { client, connection } = await connectClient(config, { deadlineMs: CONNECT_MS });
  try {
    const receiver = await listen(config, client, secrets, emulatorUrl);
    const close = () => receiver.close().finally(() => connection.close());
    return { ...receiver, close };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
