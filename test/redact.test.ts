import { describe, expect, test } from 'vitest';
import { redact } from '../src/security/redact';

const KEY = 'sk-proj-abcDEF123_456-789';
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';

describe('redact', () => {
  test.each([
    ['an API key', `Incorrect API key provided: ${KEY}.`, 'Incorrect API key provided: sk-***.'],
    ['a masked API key', 'Incorrect API key provided: sk-proj***********6789.', 'Incorrect API key provided: sk-***.'],
    ['two API keys', `${KEY} and ${KEY}`, 'sk-*** and sk-***'],
    ['a webhook secret', 'bad whsec_AbC+/12=', 'bad whsec_***'],
    ['a bearer header', 'Bearer abcdef.123', 'Bearer ***'],
    ['a basic header', 'authorization: Basic dXNlcjpwYXNz', 'authorization: Basic ***'],
    ['another scheme', 'authorization: Token abcdef123', 'authorization: ***'],
    ['a JWT', `got ${JWT} here`, 'got *** here'],
    ['a token in JSON', '{"access_token":"abcdef123"}', '{"access_token":"***"}'],
    ['a token in a query', 'GET /x?client_secret=abcdef123', 'GET /x?client_secret=***'],
    ['a header of Azure', 'api-key: 0123456789abcdef', 'api-key: ***'],
    ['a variable', 'MY_API_KEY=0123456789abcdef', 'MY_API_KEY=***'],
    ['a password in JSON', '{"password": "hunter22"}', '{"password": "***"}'],
    ['credentials in a URL', 'fetch https://user:hunter22@proxy.example/v1', 'fetch https://***@proxy.example/v1'],
    ['a cookie', 'cookie: session=abcdef', 'cookie: ***'],
  ])('given %s -> then it is taken out', (_name, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  test.each([
    ['plain words', 'Rate limit reached for o3 in organization org-1 on tokens per min.'],
    ['a count of tokens', 'total_tokens: 123456'],
    ['a word with sk- inside', 'ask-anything-you-like'],
    ['a response id', "Response with id 'resp_0123456789abcdef' not found."],
    ['an address with an @ in the path', 'GET https://example.com/@user'],
  ])('given %s -> then nothing changes', (_name, text) => {
    expect(redact(text)).toBe(text);
  });

  test.each([
    ['a line break', 'first\nsecond', 'first second'],
    ['a forged log line', 'ok\r\n2026-01-01 [ERROR] forged', 'ok 2026-01-01 [ERROR] forged'],
    ['ANSI colours', '\u001b[31mred\u001b[0m', '[31mred [0m'],
    ['a bell and a NUL', 'a\u0007b\u0000c', 'a b c'],
    ['C1 controls', 'a\u009bb', 'a b'],
    ['a line separator', 'a\u2028b', 'a b'],
    ['text turned around', 'a\u202eb', 'a b'],
    ['only control characters', '\n\u001b\n', ''],
  ])('given %s -> then one harmless line', (_name, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  test('given an exact value -> then it goes, whatever it looks like', () => {
    expect(redact('sent hunter-22 to a server', ['hunter-22'])).toBe('sent *** to a server');
  });

  test('given a value with special characters -> then it is not read as a pattern', () => {
    expect(redact('sent a.b*c(d to a server', ['a.b*c(d'])).toBe('sent *** to a server');
  });

  test('given a value too short to be a secret -> then the text stays readable', () => {
    expect(redact('a cat sat', ['a', 'cat'])).toBe('a cat sat');
  });

  test('given a long text -> then it is cut to 600 characters', () => {
    expect(redact('x'.repeat(10_000))).toBe(`${'x'.repeat(600)}…`);
  });

  test('given a key where the text is cut -> then no part of the key is left', () => {
    expect(redact(`${'x '.repeat(295)}${KEY}`)).not.toContain('abcDEF');
  });
});
