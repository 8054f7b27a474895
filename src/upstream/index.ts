/** The way to the OpenAI API, or to any server of the same contract. */
export { normalHosts } from './connections';
export { createdAt, isKnownStatus, isTerminalStatus, toAnswer } from './answer';
export { MAX_STREAM_MS, type EventsOptions } from './events';
export { toStoredAnswer } from './stored';
export { ProtocolError, toFault } from './failures';
export { FileUnreadableError } from './local-file';
export { createUpstream, type Upstream, type UpstreamOptions } from './openai';
export { needsEmulator, upstreamOptions } from './from-config';
export { webhookVerifier, WebhookRefused, type WebhookVerifier } from './webhook';
