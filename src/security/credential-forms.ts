/**
 * What a credential looks like when it is written out. Pure.
 *
 * Each form begins where a word begins and every repeat has an upper bound, so that a text of any kind is searched in
 * time that grows with its length.
 */

export interface CredentialForm {
  /** For messages. */
  kind: string;
  pattern: RegExp;
}

/** Not in the middle of a longer word, where it means something else (`task-…`). */
const START = '(?<![A-Za-z0-9_-])';
/** For forms that Base64 may contain by chance, since they have none of `-`, `_` and `.`: also not behind its other characters. */
const START_NOT_BASE64 = '(?<![A-Za-z0-9_+/-])';
const form = (kind: string, pattern: string): CredentialForm => ({ kind, pattern: new RegExp(pattern, 'g') });

/**
 * Sources: the formats that the issuers document, as secret scanners use them. Of `sk-` the rest must have a digit, and
 * be long or have sixteen characters without a dash: that tells a key from words with dashes.
 */
export const CREDENTIAL_FORMS: readonly CredentialForm[] = [
  form('an API key', `${START}sk-(?:proj|svcacct|admin|ant|or)-(?=[A-Za-z0-9_-]{0,200}[0-9])[A-Za-z0-9_-]{32,300}`),
  form('an API key', `${START}sk-(?=[A-Za-z0-9_-]{0,200}[0-9])[A-Za-z0-9_-]{0,60}?[A-Za-z0-9_]{16,200}`),
  form('an API key', `${START}[sr]k_(?:live|test)_[A-Za-z0-9]{16,200}`),
  form('a GitHub token', `${START}(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{30,255})`),
  form('a GitLab token', `${START}glpat-[A-Za-z0-9_-]{20,200}`),
  form('a Slack token', `${START}xox[abeoprs]-[A-Za-z0-9-]{10,250}`),
  form('an AWS access key', `${START_NOT_BASE64}(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])`),
  form('a Google API key', `${START_NOT_BASE64}AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])`),
  form(
    'a signed token (JWT)',
    `${START}eyJ[A-Za-z0-9_-]{10,4000}\\.eyJ[A-Za-z0-9_-]{10,4000}\\.[A-Za-z0-9_-]{10,4000}`,
  ),
  form('a webhook secret', `${START}whsec_[A-Za-z0-9+/]{20,200}`),
  form('a private key', '-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----'),
  form('an address with a password', '://[^\\s/?#:@"\']{1,100}:[^\\s/?#@"\']{1,200}@'),
];

/** What kind of credential is written out in a text; undefined when none is seen. */
export function credentialIn(text: string): string | undefined {
  return CREDENTIAL_FORMS.find(({ pattern }) => text.search(pattern) >= 0)?.kind;
}

/** The text without the credentials that are seen in it. */
export function withoutCredentials(text: string): string {
  return CREDENTIAL_FORMS.reduce((clean, { pattern }) => clean.replace(pattern, '***'), text);
}
