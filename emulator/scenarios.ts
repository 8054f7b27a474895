/** Which script a request gets: by `metadata.emulator_scenario`, or by a model named `emulator-<scenario>`. */
import { createHash } from 'node:crypto';
import { refuse } from './errors';
import { quoted } from './quoted';
import type { Ending, Json, Pace, Script } from './types';

type Phases = Script['phases'];

interface Recipe {
  runSeconds?: number;
  ending?: Ending;
  phases?: (queuedSeconds: number, runSeconds: number) => Phases;
  lateCompletion?: boolean;
}

/** Seconds that no test waits for; deadlines do. */
const FOR_EVER_SECONDS = 10 * 365 * 86_400;

const phase = (status: string, seconds: number): Phases[number] => ({ status, seconds });

const queueThenRun = (queued: number, run: number): Phases => [phase('queued', queued), phase('in_progress', run)];

/** Oddities come early in a run: half-way, and after 2 s at the latest. */
const shortPart = (run: number): number => Math.min(run / 2, 2);

const pausing = (queued: number, run: number, pausedSeconds: number): Phases => [
  ...queueThenRun(queued, shortPart(run)),
  phase('paused', pausedSeconds),
];

const failed = (code: string, message: string): Ending => ({ status: 'failed', code, message });

const RECIPES: Record<string, Recipe> = {
  text: {},
  json_schema: {},
  reasoning: {},
  web_search: {},
  deep_research: {},
  code_interpreter: {},
  file_search: {},
  mcp: {},
  mcp_approval: {},
  function_call: {},
  refusal: {},
  incomplete_max_output_tokens: { ending: { status: 'incomplete', reason: 'max_output_tokens' } },
  incomplete_content_filter: { ending: { status: 'incomplete', reason: 'content_filter' } },
  failed: { ending: failed('server_error', '') },
  failed_rate_limit: { ending: failed('rate_limit_exceeded', 'Rate limit reached while the response was generated.') },
  failed_unlisted: {
    ending: failed('context_length_exceeded', 'Your input exceeds the context window of this model.'),
  },
  stuck_queued: { phases: () => [phase('queued', FOR_EVER_SECONDS)] },
  stuck_in_progress: { phases: (queued) => queueThenRun(queued, FOR_EVER_SECONDS) },
  slow: { runSeconds: 600 },
  unknown_status: { phases: (queued, run) => pausing(queued, run, run - shortPart(run)) },
  unknown_status_forever: { phases: (queued, run) => pausing(queued, run, FOR_EVER_SECONDS) },
  flapping: {
    phases: (queued, run) => [
      ...queueThenRun(queued, shortPart(run)),
      phase('queued', shortPart(run) / 2),
      phase('in_progress', run - 1.5 * shortPart(run)),
    ],
  },
  late_completion: { lateCompletion: true, runSeconds: 10 },
};

export const SCENARIOS = Object.keys(RECIPES);

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A number from 0 to 1 that depends on the text only. */
export const fraction = (text: string): number => parseInt(sha256(text).slice(0, 8), 16) / 2 ** 32;

/** The metadata of a request, whatever was sent as one. */
export function metadataOf(request: unknown): Record<string, string> {
  const metadata = (request as { metadata?: unknown } | null | undefined)?.metadata;
  if (typeof metadata !== 'object' || metadata === null) return {};
  return Object.fromEntries(
    Object.entries(metadata).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

function scenarioOf(request: Json): string {
  const byModel = /^emulator-(.+)$/.exec(typeof request.model === 'string' ? request.model : '')?.[1];
  return metadataOf(request).emulator_scenario ?? byModel?.replace(/-/g, '_') ?? 'text';
}

const NUMBERS = [
  'emulator_queued_seconds',
  'emulator_run_seconds',
  'emulator_output_bytes',
  'emulator_keepalive_seconds',
];

const CANCELLED_STREAMS = ['failed', 'none', 'goes_on'];

/** @throws ApiError 400 for a switch that is no number. */
export function checkNumbers(metadata: Record<string, string>, names: readonly string[]): void {
  for (const name of names) {
    const text = metadata[name];
    if (text !== undefined && !(text.trim() !== '' && Number(text) >= 0 && Number(text) < Infinity)) {
      throw refuse('invalid_value', `metadata.${name}`, `Invalid value: '${text}'. Expected a number in a string.`);
    }
  }
}

/** A typo in a switch would pass as a plain run and let a test prove nothing. @throws ApiError 400. */
export function checkSwitches(request: Json): void {
  const metadata = metadataOf(request);
  const scenario = scenarioOf(request);
  if (!Object.hasOwn(RECIPES, scenario)) {
    const byName = metadata.emulator_scenario !== undefined;
    const hint = `This emulator knows these scenarios: ${SCENARIOS.join(', ')}.`;
    if (byName) throw refuse('invalid_value', 'metadata.emulator_scenario', `Invalid value: '${scenario}'. ${hint}`);
    throw refuse('model_not_found', 'model', `The requested model '${String(request.model)}' does not exist. ${hint}`);
  }
  checkNumbers(metadata, NUMBERS);
  const manner = metadata.emulator_cancelled_stream;
  if (manner === undefined || CANCELLED_STREAMS.includes(manner)) return;
  const expected = `Expected one of: ${CANCELLED_STREAMS.join(', ')}.`;
  throw refuse('invalid_value', 'metadata.emulator_cancelled_stream', `Invalid value: '${manner}'. ${expected}`);
}

function endingOf(recipe: Recipe, id: string, request: Json): Ending {
  const { emulator_error_code: code, emulator_error_message: message } = metadataOf(request);
  const ending = recipe.ending ?? { status: 'completed' };
  if (ending.status !== 'failed') return ending;
  const apology =
    'An error occurred while processing your request. You can retry your request, or contact us through our help ' +
    `center at help.openai.com if the error persists. Please include the request ID wfr_${sha256(id).slice(0, 24)} ` +
    'in your message.';
  const text = message === undefined ? ending.message || apology : quoted(message, request);
  return { ...ending, code: code ?? ending.code, message: text };
}

/** The script of a request: pure, the same after a restart. */
export function scriptOf(request: Json, id: string, pace: Pace = { timeScale: 1 }): Script {
  const scenario = scenarioOf(request);
  const recipe = RECIPES[scenario] ?? {};
  const metadata = metadataOf(request);
  const varied = 2 + 2 * fraction(JSON.stringify(request.input ?? null));
  const queuedSeconds = Number(metadata.emulator_queued_seconds ?? pace.queuedSeconds ?? 0.3);
  const runSeconds = Number(metadata.emulator_run_seconds ?? recipe.runSeconds ?? pace.runSeconds ?? varied);
  const phases = (recipe.phases ?? queueThenRun)(queuedSeconds, runSeconds);
  return {
    scenario,
    phases: phases.map(({ status, seconds }) => phase(status, seconds / pace.timeScale)),
    isEndless: phases.some(({ seconds }) => seconds === FOR_EVER_SECONDS),
    ending: endingOf(recipe, id, request),
    lateCompletion: recipe.lateCompletion ?? false,
  };
}
