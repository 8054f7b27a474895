/** Mutants of the side that talks to the API: what a failure means, and how long to wait. */
import { mutantsOf, type Mutant } from '../mutant';

const FAILURES = mutantsOf(
  'src/upstream/failures.ts',
  ['failures'],
  [
    [`  'credit_balance_exhausted',\n`, ``, `an account without credit is asked until the deadline`],
    [`  'ECONNREFUSED',\n`, ``, `a server that is down counts as a lost reply: the task ends as unknown`],
    [`  'PROXY_REFUSED',\n`, ``, `a proxy that opens no tunnel counts as a lost reply`, ['failures', 'proxy']],
    [
      ` && !chainOf(error).some(isNotConnected)`,
      ``,
      `a connection that is cut before anything is sent counts as a lost reply`,
      ['failures', 'proxy'],
    ],
    [`status === 401 || status === 403`, `status === 401`, `a forbidden look is told as a bad request`],
    [
      `if (status === 404) return verdict('Upstream.NotFound', false);`,
      `if (status === 404) return verdict('Upstream.Rejected', false);`,
      `a response that is gone is never expired`,
    ],
    [`error.code === 'conversation_locked' || status === 409`, `status === 409`, `a locked conversation ends the task`],
    [
      `error.code === 'conversation_locked' || status === 409`,
      `error.code === 'conversation_locked'`,
      `a conflict ends the task`,
    ],
    [`status >= 500 || status === 408)`, `status > 500 || status === 408)`, `a failure of the server ends the task`],
    [
      `!writtenByApi || status === 408)`,
      `status === 408)`,
      `a gateway's 502 counts as a refusal: the second run is silent`,
    ],
    [`!writtenByApi || status === 408)`, `true)`, `an overloaded server counts as a lost reply`],
    [
      `  if (codes.includes('REDIRECT')) return verdict('Upstream.Protocol', false);\n`,
      ``,
      `a redirect counts as a lost reply`,
    ],
    [
      `instanceof SyntaxError) return verdict('Upstream.Protocol', true, true);`,
      `instanceof SyntaxError) return verdict('Upstream.Protocol', true, false);`,
      `a reply that cannot be read counts as a refusal: the second run is silent`,
    ],
    [
      `const sent = !codes.some(`,
      `const sent = codes.some(`,
      `a reset connection counts as a refusal: the second run is silent`,
    ],
    [
      `: verdict('Upstream.Unavailable', true, true);\n}`,
      `: verdict('Upstream.Unavailable', true, false);\n}`,
      `an error in a stream counts as a refusal: the second run is silent`,
    ],
    [`redact(describe(error, codes), secrets)`, `describe(error, codes)`, `keys are in messages`],
    [` && 'message' in body && 'type' in body`, ``, `a gateway's JSON counts as the API's word`],
    [`/^(Abort|Timeout)Error$/`, `/^AbortError$/`, `a deadline is told as a defect`],
    [`    if (e instanceof APIError) continue;\n`, ``, `a code of the API is taken for one of the system`],
    [
      `const billing = BILLING_CODES.has(error.code ?? '') || error.type === 'insufficient_quota';\n  if (status`,
      `const billing = BILLING_CODES.has(error.code ?? '');\n  if (status`,
      `a billing limit with a new code is asked until the deadline`,
    ],
  ],
);

const RETRY_AFTER = mutantsOf(
  'src/upstream/retry-after.ts',
  ['retryAfter'],
  [
    [
      `const MAX_RETRY_AFTER_SECONDS = 60;`,
      `const MAX_RETRY_AFTER_SECONDS = 600;`,
      `upstream can stop a task for ten minutes`,
    ],
    [`Math.min(Math.max(seconds, 0), MAX`, `Math.min(seconds, MAX`, `a wait below zero`],
    [
      `if (ms !== null) return clamp(ms / 1000);`,
      `if (ms !== null) return clamp(ms);`,
      `milliseconds are taken for seconds`,
    ],
    [`if (text && /[a-z]{3}/i.test(text))`, `if (text)`, `any text is taken for a date`],
    [`(date - nowMs) / 1000`, `date / 1000`, `every date is a minute from now`],
    [
      `value != null && /^\\s*[+-]?\\d+(\\.\\d+)?(e\\d+)?\\s*$/i.test(value)`,
      `value`,
      `an empty header is a wait of none`,
    ],
    [`  if (seconds !== null) return clamp(seconds);\n`, ``, `Retry-After in seconds is not respected`],
  ],
);

const CALLS: readonly Mutant[] = [
  ...mutantsOf(
    'src/upstream/openai.ts',
    ['failures'],
    [
      [`    maxRetries: 0,\n`, ``, `one lost reply is three paid runs`],
      [`redirect: 'error' }`, `redirect: 'follow' }`, `a redirect carries the prompt to another server`],
    ],
  ),
  ...mutantsOf(
    'src/upstream/answer.ts',
    ['answer'],
    [
      [
        `new Set(['completed', 'failed', 'incomplete', 'cancelled'])`,
        `new Set(['completed', 'failed', 'incomplete', 'cancelled', 'paused'])`,
        `a status that is not known ends the task`,
        ['answer', 'visit'],
      ],
      [
        `  if (value.id !== responseId)`,
        `  if (value.id === '')`,
        `the answer of another response is taken`,
        ['failures'],
      ],
      [`typeof status !== 'string' || status === ''`, `typeof status !== 'string'`, `an empty status is one`],
      [`  if (isTerminalStatus(status) && !(`, `  if (status === '' && !(`, `an end without an output is one`],
      [
        `typeof value.id === 'string' && RESPONSE_ID_PATTERN.test(value.id)`,
        `typeof value.id === 'string'`,
        `any text is an id, and it becomes a path`,
      ],
      [`'utf8') > maxOutputBytes`, `'utf8') >= maxOutputBytes`, `an answer of the very size is left upstream`],
      [
        `outputOmitted ? null : outputText(output)`,
        `outputText(output)`,
        `an answer that is too large is carried all the same`,
      ],
    ],
  ),
  ...mutantsOf(
    'src/activities/responses.ts',
    ['signal', 'model'],
    [
      [`    if (report.answer) return report;\n`, ``, `a run that a cancel has ended is told as still running`],
      [
        `    if (isMissing && looks === SETTLE_LOOKS) return report;\n`,
        `    if (isMissing) return report;\n`,
        `a run that completes while a replica lags behind is told as cancelled`,
        ['signal'],
      ],
      [
        `    if (!isMissing && (refused || report.fault)) break;\n`,
        ``,
        `a refused cancel is looked at for five seconds and not sent again`,
        ['model', 'signal'],
      ],
      [`    await upstream.cancel(responseId);\n`, ``, `a cancel is not sent upstream: the run goes on and is paid`],
      [
        `retryable: fault.type !== 'Upstream.Auth'`,
        `retryable: false`,
        `a cancel that is refused once is not sent again`,
      ],
    ],
  ),
];

export const UPSTREAM: readonly Mutant[] = [...FAILURES, ...RETRY_AFTER, ...CALLS];
