/** References to files of a container, rewritten to their paths beside the report; all else stays as it is. Pure. */
import type { FindArtifact } from './addresses';
import { changeBlocks, replaceMarkup } from './blocks';
import type { DocumentFile } from './document';
import { destination, escapeMarkdown } from './escape-markdown';
import { attribute, blocksOf, markdownIt, type Token } from './parser';

const SPACED = String.raw`\]\((?<spaced>[^()<>\n]{1,300})(?=\))`;

/** Models write `[x](sandbox:/mnt/data/My file.csv)`, which is no link: those that name an artifact become one. */
export function withBrackets(markdown: string, find: FindArtifact): string {
  const change = (block: string): string =>
    replaceMarkup(block, SPACED, (match, { spaced = '' }) =>
      / /.test(spaced.trim()) && find(spaced) ? `](<${spaced.trim()}>` : match,
    );
  return changeBlocks(markdown, blocksOf(markdown), change);
}

const DESTINATION = String.raw`<[^<>\n]*>|[^\s()<>]*(?:\([^\s()]*\)[^\s()]*)*`;
const LINK = String.raw`\]\(\s*(?<written>${DESTINATION})|<(?<auto>sandbox:[^<>\s]*)>`;

/** `[name]: destination`, in a quotation too. */
const DEFINITION = /^(?<start>[ >]{0,20}\[[^\]\n]+\]:[ \t]*)(?<written><[^<>\n]*>|\S+)/gm;

/** A destination as the parser reads it: without its brackets and escapes. */
const bare = (destination: string): string =>
  destination.replace(/^<(.*)>$/, '$1').replace(/\\([!-/:-@[-`{-~])/g, '$1');

/** The artifacts that links and pictures of the text name, as the parser sees them. */
function linkedArtifacts(tokens: readonly Token[], find: FindArtifact): Set<DocumentFile> {
  const all = tokens.flatMap(({ children }) => children ?? []);
  return new Set(all.flatMap((token) => find(attribute(token, 'href') || attribute(token, 'src')) ?? []));
}

/** `markdown` (with line ends `\n`) with each link, picture and definition that names an artifact leading to its path. */
export function withPaths(markdown: string, find: FindArtifact): string {
  const tokens = markdownIt.parse(markdown, {});
  const linked = linkedArtifacts(tokens, find);
  const pathOf = (reference: string): string | null => {
    const artifact = find(bare(reference));
    return artifact && linked.has(artifact) ? destination(artifact.path) : null;
  };
  const change = (block: string): string => {
    const inline = replaceMarkup(block, LINK, (match, { written = '', auto }) => {
      const path = pathOf(auto ?? written);
      if (path === null) return match;
      return auto === undefined
        ? match.slice(0, match.length - written.length) + path
        : `[${escapeMarkdown(auto)}](${path})`;
    });
    return inline.replace(DEFINITION, (match, start: string, written: string) => {
      const path = pathOf(written);
      return path === null ? match : start + path;
    });
  };
  return changeBlocks(markdown, tokens, change);
}
