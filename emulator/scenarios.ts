/** Which script a request gets: by `metadata.emulator_scenario`, by a model named `emulator-<scenario>`, or by its tools. */
import { createHash } from 'node:crypto';
import type { Ending, Json, Script } from './types';

const wfr = (seed: string): string => `wfr_${createHash('sha256').update(seed).digest('hex').slice(0, 24)}`;

const failed = (code: string, message: string): Ending => ({ status: 'failed', code, message });

/** Seconds that no test waits for; deadlines do. */
const FOR_EVER_SECONDS = 10 * 365 * 86_400;

type Recipe = Partial<Omit<Script, 'scenario'>>;

const RECIPES: Record<string, Recipe> = {
  text: {},
  json_schema: {},
  reasoning: {},
  web_search: {},
  deep_research: {},
  code_interpreter: {},
  mcp: {},
  function_call: {},
  refusal: {},
  incomplete_max_output_tokens: { ending: { status: 'incomplete', reason: 'max_output_tokens' } },
  incomplete_content_filter: { ending: { status: 'incomplete', reason: 'content_filter' } },
  failed: {},
  failed_rate_limit: { ending: failed('rate_limit_exceeded', 'Rate limit reached while the response was generated.') },
  failed_unlisted: {
    ending: failed('context_length_exceeded', 'Your input exceeds the context window of this model.'),
  },
  stuck_queued: { queuedSeconds: FOR_EVER_SECONDS },
  stuck_in_progress: { runSeconds: FOR_EVER_SECONDS },
  slow: { runSeconds: 600 },
  unknown_status: { detour: ['paused'] },
  unknown_status_forever: { detour: ['paused'], runSeconds: FOR_EVER_SECONDS },
  flapping: { detour: ['in_progress', 'queued', 'in_progress'] },
  late_completion: { lateCompletion: true, runSeconds: 10 },
};

export const SCENARIOS = Object.keys(RECIPES);

/** A number from 0 to 1 that depends on the text only. */
export const fraction = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;

export function metadataOf(request: Json): Record<string, string> {
  return (request.metadata ?? {}) as Record<string, string>;
}

function scenarioOf(request: Json): string {
  const named = metadataOf(request).emulator_scenario;
  if (named && Object.hasOwn(RECIPES, named)) return named;
  const model = typeof request.model === 'string' ? request.model.replace(/^emulator-/, '').replace(/-/g, '_') : '';
  return String(request.model).startsWith('emulator-') && Object.hasOwn(RECIPES, model) ? model : 'text';
}

const seconds = (text: string | undefined, otherwise: number): number => {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value >= 0 ? value : otherwise;
};

/** The script of a request. `metadata.emulator_queued_seconds` and `emulator_run_seconds` override its timings. */
export function scriptOf(request: Json, id: string): Script {
  const scenario = scenarioOf(request);
  const recipe = RECIPES[scenario] ?? {};
  const metadata = metadataOf(request);
  const apology =
    'An error occurred while processing your request. You can retry your request, or contact us through our help ' +
    `center at help.openai.com if the error persists. Please include the request ID ${wfr(id)} in your message.`;
  const ending = recipe.ending ?? (scenario === 'failed' ? failed('server_error', apology) : { status: 'completed' });
  const code = metadata.emulator_error_code;
  return {
    ...recipe,
    scenario,
    queuedSeconds: seconds(metadata.emulator_queued_seconds, recipe.queuedSeconds ?? 0.3),
    runSeconds: seconds(
      metadata.emulator_run_seconds,
      recipe.runSeconds ?? 2 + 2 * fraction(JSON.stringify(request.input ?? null)),
    ),
    ending: ending.status === 'failed' && code ? { ...ending, code } : ending,
  };
}
