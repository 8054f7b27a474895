/** A report that a model wrote, as a page and as a Markdown file. Pure: no I/O. */
export type { ReportArtifact, ReportDocument } from './document';
export { reportMarkdown } from './markdown';
export { reportHtml } from './page';
