/** What the answer of a report says besides its text. Pure; nothing in it is trusted to be there. */
import type { FoundArtifact, StoredAnswer } from '../contracts';
import { RESPONSE_ID_PATTERN } from '../names';

type Annotation = Record<string, unknown>;

const isAnnotation = (value: unknown): value is Annotation => typeof value === 'object' && value !== null;

function annotationsOf({ response }: StoredAnswer): Annotation[] {
  const messages = response.output.flatMap((item) => (item.type === 'message' ? [item.content] : []));
  const parts = messages.flatMap((content) => (Array.isArray(content) ? (content as unknown[]) : []));
  return parts.flatMap((part) => {
    const { annotations } = (part ?? {}) as { annotations?: unknown };
    return Array.isArray(annotations) ? annotations.filter(isAnnotation) : [];
  });
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const isId = (value: string): boolean => RESPONSE_ID_PATTERN.test(value);

/** Files of containers that the text cites, each once. */
export function citedFiles(answer: StoredAnswer): FoundArtifact[] {
  const found = new Map<string, FoundArtifact>();
  for (const annotation of annotationsOf(answer)) {
    if (annotation.type !== 'container_file_citation') continue;
    const [containerId, fileId] = [text(annotation.container_id), text(annotation.file_id)];
    if (isId(containerId) && isId(fileId))
      found.set(fileId, { containerId, fileId, name: text(annotation.filename) || fileId });
  }
  return [...found.values()];
}

/** Pages that the text cites, each once, in the order of the text. */
export function citedPages(answer: StoredAnswer): { title: string; url: string }[] {
  const found = new Map<string, { title: string; url: string }>();
  for (const annotation of annotationsOf(answer)) {
    const url = text(annotation.url);
    if (annotation.type === 'url_citation' && url !== '' && !found.has(url))
      found.set(url, { title: text(annotation.title) || url, url });
  }
  return [...found.values()];
}

const plain = (line: string): string =>
  line
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** The wanted sections that no heading of the text names. */
export function missingSections(markdown: string, sections: readonly string[]): string[] {
  const headings = markdown
    .split('\n')
    .filter((line) => /^\s{0,3}(#{1,6}\s|\*\*|__)/.test(line))
    .map(plain);
  return sections.filter((title) => !headings.some((heading) => heading.includes(plain(title))));
}
