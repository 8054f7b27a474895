/** `/v1/models`: a few names, and one for each scenario. Any other name is taken at a create too. */
import { ok, type Answer } from './answer';
import { idIn, type ApiContext, type Request } from './context';
import { ApiError } from './errors';
import { SCENARIOS } from './scenarios';

const NAMES = [
  'o3',
  'o3-deep-research',
  'o4-mini',
  'gpt-5',
  ...SCENARIOS.map((name) => `emulator-${name.replace(/_/g, '-')}`),
];

const modelBody = (id: string) => ({ id, object: 'model', created: 1_735_689_600, owned_by: 'emulator' });

/** `GET /v1/models`. */
export const listModels = (): Answer => ok({ object: 'list', data: NAMES.map(modelBody) });

/** `GET /v1/models/{id}`. */
export function retrieveModel(_context: ApiContext, request: Request): Answer {
  const id = idIn(request);
  if (NAMES.includes(id)) return ok(modelBody(id));
  throw new ApiError(404, `The model '${id}' does not exist`, { code: 'model_not_found', param: 'model' });
}
