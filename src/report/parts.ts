/** What stands around a report's text: facts, notes, contents, sources, citations. Pure. */
import { duration, fact, fileSize, html, type Html } from '../html';
import { webAddress } from './addresses';
import type { ReportDocument } from './document';
import { webLink } from './links';
import type { Heading } from './headings';

/** `2026-11-01`, with `12:30 UTC` below; as it is, when it is no time. */
function finished(time: string): Html {
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) return fact('Finished', time);
  const [day = '', clock = ''] = new Date(ms).toISOString().split('T');
  return fact('Finished', day, `${clock.slice(0, 5)} UTC`);
}

/** Title, ids, what could not be done, facts. */
export function headerOf({ title, facts, notes }: ReportDocument): Html {
  const { reportId, responseId, status, model, seconds, totalTokens, finishedAt } = facts;
  return html`<header>
    <h1>${title}</h1>
    <p class="dim ids">Report ${reportId}${responseId && html`, response ${responseId}`}</p>
    ${
      notes.length > 0 &&
      html`<div class="notes" role="note">
        <strong>Please note</strong>
        <ul>
          ${notes.map((note) => html`<li>${note}</li>`)}
        </ul>
      </div>`
    }
    <dl class="facts">
      ${fact('Status', status)}${model && fact('Model', model)}${seconds !== null && fact('Took', duration(seconds))}
      ${totalTokens !== null && fact('Tokens', totalTokens.toLocaleString('en-US'))}
      ${finishedAt && finished(finishedAt)}
    </dl>
  </header>`;
}

const MIN_ENTRIES = 2;
/** With more of them, only the highest are in the table of contents, and at most so many. */
const MANY_ENTRIES = 60;
const MAX_ENTRIES = 300;

/** A table of contents: two levels of the text, then the sections of the page. Null for a short page. */
export function contentsOf(headings: readonly Heading[], sections: readonly Heading[]): Html | null {
  const wanted = headings.filter(({ level, text }) => level <= 3 && text !== '');
  const highest = wanted.filter(({ level }) => level === 2);
  const entries = [...(wanted.length > MANY_ENTRIES ? highest : wanted).slice(0, MAX_ENTRIES), ...sections];
  if (entries.length < MIN_ENTRIES) return null;
  const entry = ({ level, text, id }: Heading) => html`<li class="level-${level}"><a href="#${id}">${text}</a></li>`;
  return html`<nav aria-labelledby="contents">
    <h2 id="contents">Contents</h2>
    <ul>
      ${entries.map(entry)}
    </ul>
  </nav>`;
}

/** The files that the model was given. */
export function sourcesSection({ sources }: ReportDocument): Html | null {
  if (sources.length === 0) return null;
  const items = sources.map(
    ({ name, sizeBytes }) =>
      html`<li><span class="name">${name}</span> <span class="dim">${fileSize(sizeBytes)}</span></li>`,
  );
  return html`<section id="sources">
    <h2>Sources</h2>
    <ul>
      ${items}
    </ul>
  </section>`;
}

function citation({ title, url }: ReportDocument['citations'][number]): Html {
  const address = webAddress(url);
  if (address === null) return html`<li>${title} <span class="dim">${url}</span></li>`;
  return html`<li>${webLink(address, title.trim() || address)} <span class="dim">${new URL(address).host}</span></li>`;
}

/** What the answer cites from the web. */
export function citationsSection({ citations }: ReportDocument): Html | null {
  if (citations.length === 0) return null;
  return html`<section id="citations">
    <h2>Citations</h2>
    <ol>
      ${citations.map(citation)}
    </ol>
  </section>`;
}
