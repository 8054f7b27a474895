/** Errors as the API writes them. */
import type { Json } from './types';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly details: { type?: string; code?: string | null; param?: string | null } = {},
  ) {
    super(message);
  }

  body(): Json {
    const { type = 'invalid_request_error', code = null, param = null } = this.details;
    return { error: { message: this.message, type, param, code } };
  }
}

export const notFound = (what: string, id: string): ApiError => new ApiError(404, `${what} with id '${id}' not found.`);

/** A 400 with the place and the code of the API. */
export const refuse = (code: string, param: string | null, message: string): ApiError =>
  new ApiError(400, message, { code, param });

export const missing = (param: string): ApiError =>
  refuse('missing_required_parameter', param, `Missing required parameter: '${param}'.`);

/** How an unexpected error looks from outside: nothing of its inside is told. */
export const toApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(500, 'The emulator failed.', { type: 'server_error' });
