/** Credentials of MCP servers: what a task is given is kept in the history, so they are named there and not written. */
import { parseUrl } from '../network/parse-url';
import { isReference } from '../secrets/reference';
import { at, isFields, own, type Fields, type Problem } from './problem';

const CREDENTIAL_NAME = /authorization|api[-_]?key|access[-_]?key|token|secret|cookie|passw|credential|(^|[-_])auth$/i;
const CREDENTIAL_VALUE = /^\s*(bearer|basic)\s/i;

/** Never quotes the value. */
const inline = (field: string, what: string): Problem => ({
  field,
  message:
    `${what} in the text of a task would be kept in its history; write "secret://NAME" instead ` +
    '("Bearer secret://NAME" in a header), and give the worker a secret of that name',
});

function headerProblems(headers: unknown, place: string): Problem[] {
  if (headers === undefined) return [];
  if (!isFields(headers)) return [{ field: place, message: 'expected an object of strings; write {"name": "value"}' }];
  return Object.entries(headers).flatMap(([name, value]) => {
    const field = at(place, name);
    if (typeof value !== 'string') return [{ field, message: 'expected a string; write the value in quotes' }];
    const credential = CREDENTIAL_NAME.test(name) || CREDENTIAL_VALUE.test(value);
    return credential && !isReference(value) ? [inline(field, 'a credential')] : [];
  });
}

/** A user name, a password or a key in the address is as good as an `authorization`. */
function urlProblems(url: unknown, field: string): Problem[] {
  const address = typeof url !== 'string' || isReference(url) ? undefined : parseUrl(url);
  if (!address) return [];
  const { username, password, searchParams } = address;
  const credential =
    username !== '' || password !== '' || [...searchParams.keys()].some((key) => CREDENTIAL_NAME.test(key));
  return credential ? [inline(field, 'an address with a credential')] : [];
}

/** The problems of an MCP tool that carries a credential itself. */
export function credentialProblems(tool: Fields, place: string): Problem[] {
  const authorization = own(tool, 'authorization');
  const problems = urlProblems(own(tool, 'server_url'), at(place, 'server_url'));
  if (authorization !== undefined && !isReference(authorization)) {
    problems.push(inline(at(place, 'authorization'), 'a credential'));
  }
  return [...problems, ...headerProblems(own(tool, 'headers'), at(place, 'headers'))];
}
