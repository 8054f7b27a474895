/** Settings of the receiver of webhooks. */

export interface WebhookConfig {
  readonly host: string;
  readonly port: number;
  /** Any of them may have signed. */
  readonly secrets: readonly string[];
  /** What becomes of a response that runs and that no task wants. */
  readonly orphans: 'cancel' | 'keep';
}

export function webhookOf(values: {
  DURABLE_RESPONSES_WEBHOOK_HOST: string;
  DURABLE_RESPONSES_WEBHOOK_PORT: number;
  OPENAI_WEBHOOK_SECRET: string[];
  DURABLE_RESPONSES_ORPHANS: WebhookConfig['orphans'];
}): WebhookConfig {
  return Object.freeze({
    host: values.DURABLE_RESPONSES_WEBHOOK_HOST,
    port: values.DURABLE_RESPONSES_WEBHOOK_PORT,
    secrets: Object.freeze(values.OPENAI_WEBHOOK_SECRET),
    orphans: values.DURABLE_RESPONSES_ORPHANS,
  });
}
