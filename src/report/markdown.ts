/** A report as a Markdown file: the model's text, and what belongs to it. Pure. */
import MarkdownIt from 'markdown-it';
import { fileSize } from '../html';
import { artifactFinder, webAddress } from './addresses';
import type { ReportDocument } from './document';
import { destination, escapeMarkdown } from './escape-markdown';
import { blocksOf, cleanText, markdownIt, titleLines } from './parser';
import { withBrackets, withPaths } from './rewrite';

/** As most viewers read Markdown: HTML in it is none of ours, and may swallow what comes after. */
const withHtml = new MarkdownIt({ html: true }).disable('inline');

/** Whether a heading after the text would be one. */
function isOpenEnded(text: string): boolean {
  const last = withHtml.parse(`${text}\n\n## End\n`, {}).at(-3);
  return last?.type !== 'heading_open' || last.level > 0;
}

/** The text with an end for a code block or a comment that has none: a text that was cut off may leave it open. */
function closed(text: string): string {
  const fence = blocksOf(text).findLast(({ type }) => type === 'fence');
  const ends = ['', fence?.markup ?? '', '-->', '</script>', '</style>', '</pre>', '</textarea>', '?>', ']]>', '>'];
  const end = ends.find((one) => !isOpenEnded(`${text}\n${one}`)) ?? '';
  return end === '' ? text : `${text}\n${end}`;
}

/** The model's text without a first heading that says the title again. */
function bodyOf({ markdown, title, artifacts }: ReportDocument): string {
  const find = artifactFinder(artifacts);
  const text = withPaths(withBrackets(cleanText(markdown), find), find);
  const [from, to] = titleLines(markdownIt.parse(text, {}), title) ?? [0, 0];
  return text
    .split('\n')
    .toSpliced(from, to - from)
    .join('\n')
    .replace(/^\n+/, '')
    .trimEnd();
}

function citation({ title, url }: ReportDocument['citations'][number]): string {
  const address = webAddress(url);
  if (address === null) return [title, url].filter(Boolean).map(escapeMarkdown).join(': ');
  return `[${escapeMarkdown(title) || escapeMarkdown(address)}](${destination(address)})`;
}

const section = (name: string, lines: string[]): string[] =>
  lines.length === 0 ? [] : [`## ${name}\n\n${lines.map((line) => `- ${line}`).join('\n')}`];

/** The text of `report.md`. HTML that the model wrote is still in it: viewers of untrusted Markdown must not run it. */
export function reportMarkdown(document: ReportDocument): string {
  const { title, artifacts, citations, sources, notes } = document;
  const files = artifacts.map(
    ({ name, path, sizeBytes }) => `[${escapeMarkdown(name)}](${destination(path)}) (${fileSize(sizeBytes)})`,
  );
  const parts = [
    `# ${escapeMarkdown(title)}`,
    closed(bodyOf(document)),
    ...section(
      'Sources',
      sources.map(({ name, sizeBytes }) => `${escapeMarkdown(name)} (${fileSize(sizeBytes)})`),
    ),
    ...section('Files', files),
    ...section('Citations', citations.map(citation)),
    ...section('Notes', notes.map(escapeMarkdown)),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}
