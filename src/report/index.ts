/** A report that a model wrote, as a page and as a Markdown file. Pure: no I/O. */
export type { DocumentFile, ReportDocument } from './document';
export { reportMarkdown } from './markdown';
export { reportHtml } from './page';
