/** Pages of reports, as a parser of the standard reads them. */
import { expect } from 'vitest';
import { barChart } from '../../emulator/png';
import { reportHtml, type DocumentFile, type ReportDocument } from '../../src/report';

export interface Node {
  nodeName: string;
  value?: string;
  attrs?: { name: string; value: string }[];
  childNodes?: Node[];
}

export const nodesOf = (node: Node): Node[] => [node, ...(node.childNodes ?? []).flatMap(nodesOf)];
export const textOf = (node: Node): string => node.value ?? (node.childNodes ?? []).map(textOf).join('');
export const attr = (node: Node, name: string) => node.attrs?.find((one) => one.name === name)?.value;
export const named = (nodes: Node[], ...names: string[]) => nodes.filter(({ nodeName }) => names.includes(nodeName));
export const links = (nodes: Node[]): [string, string][] =>
  named(nodes, 'a').map((node) => [textOf(node), attr(node, 'href') ?? '']);

/** The model's text within a page. */
export const article = (nodes: Node[]): Node[] => nodesOf(named(nodes, 'article')[0]!);

export const PNG = barChart('0123456789abcdef');
export const bytes = (text: string) => Buffer.from(text, 'utf8');

export const file = (name: string, content: Uint8Array | null, path = `files/${name}`): DocumentFile => ({
  name,
  path,
  sizeBytes: content?.length ?? 60_000_000,
  content,
});

export const aReport = (fields: Partial<ReportDocument> = {}): ReportDocument => ({
  title: 'Report',
  markdown: 'Text.',
  artifacts: [],
  citations: [],
  sources: [],
  facts: {
    reportId: 'report-1',
    status: 'completed',
    model: null,
    responseId: null,
    finishedAt: null,
    seconds: null,
    totalTokens: null,
  },
  notes: [],
  ...fields,
});

/** All nodes of a report's page. It is an ES module that parses, which these are not. */
export async function pageReader(): Promise<(fields: Partial<ReportDocument>) => Node[]> {
  const parse5 = await import('parse5');
  return (fields) => nodesOf(parse5.parse(reportHtml(aReport(fields))));
}

const LOADING = [
  'src',
  'srcset',
  'action',
  'data',
  'xlink:href',
  'srcdoc',
  'background',
  'poster',
  'ping',
  'formaction',
];
const ACTIVE = [
  'script',
  'iframe',
  'base',
  'link',
  'object',
  'embed',
  'svg',
  'form',
  'video',
  'audio',
  'frame',
  'math',
];

/** Nothing runs, nothing loads, and links lead to the web, to files beside the page, or to places in it. */
export function expectHarmless(nodes: Node[], paths: string[] = []) {
  expect(named(nodes, ...ACTIVE).map(({ nodeName }) => nodeName)).toEqual([]);
  const attrs = nodes.flatMap((node) => node.attrs ?? []);
  expect(attrs.filter(({ name }) => name.startsWith('on'))).toEqual([]);
  for (const { name, value } of attrs.filter(({ name }) => LOADING.includes(name))) {
    expect([name, value.slice(0, 22)]).toEqual(['src', 'data:image/png;base64,']);
  }
  for (const [, href] of links(nodes)) {
    if (!paths.includes(href)) expect(href).toMatch(/^(https?:\/\/|mailto:|#)/);
  }
  expect(named(nodes, 'title')).toHaveLength(1);
  expect(named(nodes, 'style')).toHaveLength(1);
  expect(textOf(named(nodes, 'style')[0]!)).not.toMatch(/url\(|@import/);
}
