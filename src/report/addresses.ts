/** Where a link of an untrusted text leads, if it may lead anywhere. Pure. */
import { parseUrl } from '../network/parse-url';
import type { DocumentFile } from './document';

const WEB = new Set(['http:', 'https:', 'mailto:']);

/** The address as a browser understands it, when that is one of the web or of mail; else null. */
export function webAddress(text: string): string | null {
  const address = parseUrl(text);
  return address && WEB.has(address.protocol) ? address.href : null;
}

/** A scheme, as it stands before the address. */
const SCHEME = /^\s*([a-z][a-z0-9+.-]*):/i;

/** Whether a reference has no scheme, the one of a model's container, or one of the web. */
export function mayLink(reference: string): boolean {
  const scheme = SCHEME.exec(reference)?.[1]?.toLowerCase();
  return scheme === undefined || scheme === 'sandbox' || webAddress(reference) !== null;
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** How models write a path into their container: `sandbox:/mnt/data/NAME`, `/mnt/data/NAME`, `./NAME`. */
const FOLDER = /^(sandbox:)?(\/*mnt\/data\/+|\.\/+)?/i;

const nameIn = (reference: string): string => reference.normalize('NFC').trim().replace(FOLDER, '');

export const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Finds the artifact that a reference of the text names. */
export type FindArtifact = (reference: string) => DocumentFile | null;

/** The first of several that have one name. A reference into another folder finds a file whose name only it has. */
export function artifactFinder(artifacts: readonly DocumentFile[]): FindArtifact {
  const byName = new Map<string, DocumentFile>();
  const byLastPart = new Map<string, DocumentFile | null>();
  for (const artifact of artifacts) {
    const name = nameIn(artifact.name);
    if (!byName.has(name)) byName.set(name, artifact);
    const last = lastPart(name);
    byLastPart.set(last, byLastPart.has(last) ? null : artifact);
  }
  return (reference) => {
    if (webAddress(reference) !== null) return null;
    // A name may have a percent sign in it, or be encoded.
    const names = [nameIn(decoded(reference)), nameIn(reference)].filter((name) => name !== '');
    const found = names.map((name) => byName.get(name) ?? byLastPart.get(lastPart(name)));
    return found.find((artifact) => artifact) ?? null;
  };
}
