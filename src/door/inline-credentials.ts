/** Credentials written out in a request, and references where they stand for nothing. No message quotes a value. */
import { mapTexts, type Place } from '../secrets/places';
import { isReference } from '../secrets/reference';
import { credentialIn } from '../security/credential-forms';
import { at, type Fields, type Problem } from './problem';

/** `tools[0].headers.Authorization` */
const fieldOf = (path: readonly string[]): string =>
  path.reduce((place, name) => (/^\d+$/.test(name) ? `${place}[${name}]` : at(place, name)), '');

const MISSHAPEN =
  'a secret:// that is no reference; write "secret://NAME" as the whole value, or one word before it ' +
  '("Bearer secret://NAME"), with a NAME of A-Z a-z 0-9 _ . -';

/** `container.network_policy.domain_secrets[].value`: for credentials alone, whatever they look like. */
const isCredentialField = (path: readonly string[]): boolean =>
  path.at(-1) === 'value' && path.includes('domain_secrets');

function inSecretPlace(text: string, path: readonly string[]): string | undefined {
  if (isReference(text)) return undefined;
  if (text.includes('secret://')) return MISSHAPEN;
  const kind = credentialIn(text) ?? (isCredentialField(path) ? 'a credential' : undefined);
  return kind && `${kind}, written out, would be kept in histories and in the store; write "secret://NAME" instead`;
}

/** What is wrong with a text for the model; undefined when nothing is. */
export function promptProblem(text: string, isAllowed: boolean): string | undefined {
  const kind = isAllowed ? undefined : credentialIn(text);
  return (
    kind &&
    `what looks like ${kind} would be kept in histories, in the store and upstream; take it out, or set the option ` +
      'allowKeysInPrompt (--allow-keys-in-prompt) when it has to be there'
  );
}

const NOTHING_HERE =
  'a secret:// stands for nothing here, since the API gives this field back; write it where a credential belongs, as in tools';

function problemIn(text: string, place: Place, path: readonly string[], isAllowed: boolean): string | undefined {
  if (place === 'secret') return inSecretPlace(text, path);
  return place === 'plain' && isReference(text) ? NOTHING_HERE : promptProblem(text, isAllowed);
}

/**
 * What must not be written into a request.
 * @param isAllowed What looks like a credential may stand outside of tools, since the prompt is about it.
 */
export function inlineCredentialProblems(request: Fields, isAllowed: boolean): Problem[] {
  const problems: Problem[] = [];
  mapTexts(request, (text, place, path) => {
    const message = problemIn(text, place, path, isAllowed);
    if (message !== undefined) problems.push({ field: fieldOf(path), message });
    return text;
  });
  return problems;
}
