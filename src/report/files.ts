/** The files of a report that its text does not show. Pure. */
import { fileSize, html, type Html } from '../html';
import { csvTable, readCsv } from './csv';
import { csvCharts } from './csv-chart';
import type { DocumentFile } from './document';
import { pictureAddress } from './pictures';

const fileLink = ({ name, path, sizeBytes }: DocumentFile): Html =>
  html`<a class="name" href="${path}">${name}</a> <span class="dim">${fileSize(sizeBytes)}</span>`;

function pictureOf(artifact: DocumentFile): Html | null {
  const address = pictureAddress(artifact);
  if (address === null) return null;
  return html`<figure class="file">
    <figcaption>${fileLink(artifact)}</figcaption>
    <img src="${address}" alt="${artifact.name}" />
  </figure>`;
}

function tableOf(artifact: DocumentFile): Html | null {
  const { name, content } = artifact;
  const table = content && /\.csv$/i.test(name.trim()) ? readCsv(content) : null;
  return (
    table &&
    html`<div class="file">
      <h3>${fileLink(artifact)}</h3>
      ${csvCharts(table)}${csvTable(table, name)}
    </div>`
  );
}

/** Pictures, tables, and links to the rest; null when there is no file at all. */
export function filesSection(artifacts: readonly DocumentFile[], shown: ReadonlySet<DocumentFile>): Html | null {
  if (artifacts.length === 0) return null;
  const contents: Html[] = [];
  const links: Html[] = [];
  for (const artifact of artifacts) {
    const content = shown.has(artifact) ? null : (pictureOf(artifact) ?? tableOf(artifact));
    if (content) contents.push(content);
    else links.push(html`<li>${fileLink(artifact)}${shown.has(artifact) && html`, shown above`}</li>`);
  }
  return html`<section id="files">
    <h2>Files</h2>
    ${contents}${
      links.length > 0 &&
      html`<ul>
        ${links}
      </ul>`
    }
  </section>`;
}
