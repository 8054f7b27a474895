/** The events of a response with their numbers: keepalives fill long gaps, and a cancel cuts the rest off. Pure. */
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { bodyWith } from './body';
import { lifeEvent, scriptedEvents, type ScriptedEvent, type Unnumbered } from './events';
import { endsAtMs } from './lifecycle';
import { metadataOf } from './scenarios';
import type { StoredResponse } from './types';

/** Sent while nothing happens. The official types do not have it. */
export interface KeepaliveEvent {
  type: 'keepalive';
  sequence_number: number;
}

export type StreamedEvent = ResponseStreamEvent | KeepaliveEvent;

export interface TimedEvent {
  atMs: number;
  event: StreamedEvent;
}

interface Unfilled {
  atMs: number;
  event: Unnumbered | { type: 'keepalive' };
}

/** How often a stream says that it lives; `metadata.emulator_keepalive_seconds`, and 0 for never. */
const KEEPALIVE_SECONDS = 30;

function keepaliveMs({ request, pace }: StoredResponse): number {
  const seconds = Number(metadataOf(request).emulator_keepalive_seconds ?? KEEPALIVE_SECONDS);
  return (seconds * 1000) / (pace?.timeScale ?? 1) || Infinity;
}

/** One at a time: a run that is stuck for years has more of them than fit anywhere. */
function* withKeepalives(scripted: ScriptedEvent[], everyMs: number): Generator<Unfilled> {
  let lastMs = Infinity;
  for (const next of scripted) {
    for (let atMs = lastMs + everyMs; atMs < next.atMs; atMs += everyMs) yield { atMs, event: { type: 'keepalive' } };
    yield next;
    lastMs = next.atMs;
  }
}

/**
 * What a cancel does to the stream; `metadata.emulator_cancelled_stream`. `failed` as with Azure: a failure whose response
 * says `cancelled`. `none`: it just ends. `goes_on`, seen with OpenAI: the events come as if nobody had cancelled.
 */
function* unnumbered(response: StoredResponse, include: readonly string[]): Generator<Unfilled> {
  const { cancelledAtMs, request } = response;
  const manner = metadataOf(request).emulator_cancelled_stream ?? 'failed';
  const stopMs = cancelledAtMs === null || manner === 'goes_on' ? Infinity : cancelledAtMs;
  const isCut = stopMs < endsAtMs(response);
  for (const next of withKeepalives(scriptedEvents(response, include), keepaliveMs(response))) {
    if (isCut && next.atMs > stopMs) break;
    yield next;
  }
  if (!isCut || manner === 'none') return;
  yield { atMs: stopMs, event: lifeEvent('response.failed', bodyWith(response, 'cancelled', [])) };
}

/**
 * The events of a response, numbered from 0 without gaps. `include` changes what they hold, and no number.
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function* timelineOf(response: StoredResponse, include: readonly string[] = []): Generator<TimedEvent> {
  let sequence_number = 0;
  for (const { atMs, event } of unnumbered(response, include)) {
    yield { atMs, event: { ...event, sequence_number: sequence_number++ } };
  }
}

/** Whether nothing follows an event in an orderly stream. */
export const isLast = ({ type }: { type: string }): boolean => /^response\.(completed|failed|incomplete)$/.test(type);
