/** The tables of a batch's page: failures, and all records. */
import type { BatchRecord } from '../../contracts';
import { html, scriptJson, type Html } from '../../html';
import type { Failure, Figures } from './figures';

const MAX_CODES_SHOWN = 8;

const failureRow = ({ index, id, status, code, message, responseId }: Failure): Html =>
  html`<tr>
    <td class="number">${(index + 1).toLocaleString('en-US')}</td>
    <td class="id">${id}</td>
    <td class="status ${status}">${status}</td>
    <td class="code">${code}</td>
    <td class="text">${message}${responseId && html` <span class="dim">${responseId}</span>`}</td>
  </tr>`;

/** How often which error was, and where the rest is. */
function causesOf({ failures, failed, codes }: Figures): string {
  const ranked = [...codes].sort(([, a], [, b]) => b - a);
  const causes = ranked.slice(0, MAX_CODES_SHOWN).map(([code, times]) => `${code} ${times.toLocaleString('en-US')}`);
  const others = ranked.length - causes.length;
  const more = others > 0 ? `, and ${others} other codes` : '';
  const rest = failed > failures.length ? `. The first ${failures.length} are here; the table below has all.` : '';
  return `${causes.join(', ')}${more}${rest}`;
}

/** Everything that did not complete, or left something behind. */
export function failuresOf(figures: Figures): Html {
  const { failures, failed } = figures;
  if (failed === 0) {
    return html`<section>
      <h2>Failures</h2>
      <p class="dim">None: every item completed.</p>
    </section>`;
  }
  return html`<section>
    <h2>Failures: ${failed.toLocaleString('en-US')}</h2>
    <p class="dim">${causesOf(figures)}</p>
    <div class="scroll tall" tabindex="0" role="region" aria-label="Failures">
      <table>
        <thead>
          <tr>
            <th class="number">#</th>
            <th>Item</th>
            <th>Status</th>
            <th>Code</th>
            <th>Message</th>
          </tr>
        </thead>
        <tbody>
          ${failures.map(failureRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** Names of the columns, and whether they are numbers; the data have one value for each. */
const COLUMNS: [string, boolean][] = [
  ['#', true],
  ['Item', false],
  ['Status', false],
  ['Model', false],
  ['Seconds', true],
  ['Looks', true],
  ['Tokens in', true],
  ['Tokens out', true],
  ['Answer or error', false],
];

/** The table of all records; the script of the page fills it. */
export function recordsTable(): Html {
  const heads = COLUMNS.map(
    ([name, isNumber]) => html`<th class="${isNumber && 'number'}"><button type="button">${name}</button></th>`,
  );
  return html`<section id="all" hidden>
      <h2>All records</h2>
      <div class="tools">
        <input type="search" placeholder="Filter by text" aria-label="Filter by text" />
        <select aria-label="Filter by status">
          <option value="">all statuses</option>
        </select>
        <span class="dim" role="status"></span>
      </div>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              ${heads}
            </tr>
          </thead>
          <tbody></tbody>
        </table>
      </div>
      <div class="pages"><button type="button">Back</button><span></span><button type="button">Next</button></div>
    </section>
    <noscript><p class="dim">The table of all records needs scripts to be allowed.</p></noscript>`;
}

function excerpt(text: string, chars: number): string {
  const line = text
    .slice(0, 3 * chars)
    .replace(/\s+/g, ' ')
    .trim();
  const all = [...line];
  return all.length > chars || text.length > 3 * chars ? `${all.slice(0, chars).join('')}…` : line;
}

/** A record as a row of the data. */
export function rowJson(record: BatchRecord, maxChars: number): string {
  const { index, id, customId, status, model, seconds, polls, usage, result, resultOmitted, error } = record;
  const text = result ?? (error ? `${error.code}: ${error.message}` : resultOmitted ? '(answer not at hand)' : '');
  const tokens = [usage?.input_tokens ?? null, usage?.output_tokens ?? null];
  return scriptJson([index + 1, customId ?? id, status, model, seconds, polls, ...tokens, excerpt(text, maxChars)]);
}
