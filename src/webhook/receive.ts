/** One message, from its bytes to the status that answers it. Knows nothing of HTTP but headers and statuses. */
import { messageOf } from '../errors';
import type { Client } from '@temporalio/client';
import type { IncomingHttpHeaders } from 'node:http';
import { redact } from '../security/redact';
import { WebhookRefused, type WebhookVerifier } from '../upstream';
import { Counts, type Outcome } from './counts';
import { eventOf } from './event';
import type { Log } from './log';
import { Once } from './once';
import { Tasks } from './tasks';
import { SendAgain, tell, type TellDeps } from './tell';

/** Upstream waits for a few seconds, and then sends it again. */
const ANSWER_MS = 5_000;

export interface ReceiveDeps extends Omit<TellDeps, 'tasks'> {
  verify: WebhookVerifier;
  client: Client;
  log: Log;
}

/** What an operator should read of; the rest is only counted. */
const WORTH_A_LINE: readonly Outcome[] = ['offered', 'orphan_named', 'orphan_cancelled', 'orphan_kept'];

export class MessageReceiver {
  readonly counts = new Counts();
  private readonly once = new Once();

  constructor(private readonly deps: ReceiveDeps) {}

  /**
   * Takes a message: 204 when its task was told, or nobody has to be told; 400 and 401 when it is none of ours; 503 when
   * it should be sent again. Never throws.
   */
  async receive(body: Uint8Array, headers: IncomingHttpHeaders): Promise<204 | 400 | 401 | 503> {
    try {
      const { id, content } = await this.deps.verify(body, headers);
      const event = eventOf(content);
      if (event === null) throw new WebhookRefused('malformed', 'it is no event');
      const how = await this.once.run(id, async () => {
        if (event === 'other') return this.counts.add('unknown_event');
        const tasks = new Tasks(this.deps.client, Date.now() + ANSWER_MS);
        const { outcome, taskId } = await tell({ ...this.deps, tasks }, event);
        this.note(outcome, { taskId, responseId: event.responseId, event: event.type });
      });
      if (how === 'repeated') this.counts.add('repeated');
      return 204;
    } catch (error) {
      return this.statusOf(error);
    }
  }

  private note(outcome: Outcome, about: Record<string, string | null>): void {
    this.counts.add(outcome);
    this.deps.log(WORTH_A_LINE.includes(outcome) ? 'WARN' : 'DEBUG', outcome, about);
  }

  private statusOf(error: unknown): 400 | 401 | 503 {
    if (error instanceof WebhookRefused) {
      this.counts.add('refused');
      this.deps.log('DEBUG', 'refused', { kind: error.kind, reason: error.message });
      return error.kind === 'malformed' ? 400 : 401;
    }
    this.counts.add('later');
    const reason = messageOf(error);
    const level = error instanceof SendAgain ? 'INFO' : 'WARN';
    this.deps.log(level, 'answered 503, to be sent again', { reason: redact(reason, this.deps.upstream.secrets) });
    return 503;
  }
}
