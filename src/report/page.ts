/** A report as one page that stands alone. Pure. */
import { BASE_STYLE, html, pageFrame } from '../html';
import { artifactFinder } from './addresses';
import type { ReportDocument } from './document';
import { filesSection } from './files';
import { citationsSection, contentsOf, headerOf, sourcesSection } from './parts';
import { REPORT_STYLE } from './style';
import { renderText } from './text';

/** The page: it loads nothing and runs nothing; whatever is in the document stays text, or a link to the web. */
export function reportHtml(document: ReportDocument): string {
  const { title, markdown, artifacts } = document;
  const text = renderText(markdown, title, artifactFinder(artifacts));
  const sections = [
    { id: 'files', text: 'Files', level: 2, html: filesSection(artifacts, text.shown) },
    { id: 'sources', text: 'Sources', level: 2, html: sourcesSection(document) },
    { id: 'citations', text: 'Citations', level: 2, html: citationsSection(document) },
  ].filter((one) => one.html);
  const body = html`${headerOf(document)}
    <div class="layout">
      ${contentsOf(text.headings, sections)}
      <main>
        <section>
          <article>
            ${text.html.text.trim() === '' ? html`<p class="dim">The answer has no text.</p>` : text.html}
          </article>
        </section>
        ${sections.map((one) => one.html)}
      </main>
    </div>`;
  return pageFrame({ title, style: BASE_STYLE + REPORT_STYLE, body });
}
