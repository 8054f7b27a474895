/** The forms of values in the environment. Each says what it expects, and never repeats the value. */
import { z } from 'zod';

function wholeNumber(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z.coerce.number(expected).refine((value) => Number.isInteger(value) && value >= min && value <= max, expected);
}

export const count = (fallback: number, max: number) => wholeNumber(1, max).default(fallback);

export const countOrNone = (fallback: number, max: number) => wholeNumber(0, max).default(fallback);

/** 0 is any free one. */
export const port = (fallback: number) => wholeNumber(0, 65_535).default(fallback);

/** With 16 bytes at least: what decodes to nothing would be a key that everybody knows. */
const WEBHOOK_SECRET = /^whsec_[A-Za-z0-9+/]{22,}={0,2}$/;

/** Several while one is being replaced, separated by spaces or commas. */
export const webhookSecrets = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((one) => one !== ''))
  .refine(
    (all) => all.every((one) => WEBHOOK_SECRET.test(one)),
    'expected whsec_ and Base64 of 16 bytes or more, as the API shows it when the endpoint is made',
  )
  .default([]);
