/** Adding up tokens. Pure: workflows use it. */
import type { ResponseUsage } from 'openai/resources/responses/responses';
import type { TokenCounts, UsageByModel } from '../contracts';

const none = (): TokenCounts => ({ responses: 0, input: 0, cachedInput: 0, output: 0, reasoning: 0, unknown: 0 });

function sum(a: TokenCounts, b: TokenCounts): TokenCounts {
  return {
    responses: a.responses + b.responses,
    input: a.input + b.input,
    cachedInput: a.cachedInput + b.cachedInput,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
    unknown: a.unknown + b.unknown,
  };
}

/** What upstream says may lack a number, or have something else in its place. */
const whole = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);

function countsOf(usage: ResponseUsage | null): TokenCounts {
  if (usage === null) return { ...none(), responses: 1, unknown: 1 };
  return {
    responses: 1,
    input: whole(usage.input_tokens),
    cachedInput: whole(usage.input_tokens_details?.cached_tokens),
    output: whole(usage.output_tokens),
    reasoning: whole(usage.output_tokens_details?.reasoning_tokens),
    unknown: 0,
  };
}

export function mergeUsage(a: UsageByModel, b: UsageByModel): UsageByModel {
  const models = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(models.map((model) => [model, sum(a[model] ?? none(), b[model] ?? none())]));
}

/** Adds one response; a usage of null is counted as unknown. */
export function addUsage(usage: UsageByModel, model: string, one: ResponseUsage | null): UsageByModel {
  return mergeUsage(usage, { [model]: countsOf(one) });
}

/** Input and output tokens of all models. */
export function totalTokens(usage: UsageByModel): number {
  return Object.values(usage).reduce((total, { input, output }) => total + input + output, 0);
}
