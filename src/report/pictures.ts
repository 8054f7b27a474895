/** Pictures that a page may have in itself: by their content, whatever they are called. Pure. */
import type { DocumentFile } from './document';

const isAt = (content: Uint8Array, offset: number, latin1: string): boolean =>
  Buffer.from(content.subarray(offset, offset + latin1.length)).toString('latin1') === latin1;

/** By its first bytes. SVG is none: it is a document that can run scripts and load other files. */
export function pictureType(content: Uint8Array): string | null {
  if (isAt(content, 0, '\x89PNG\r\n\x1a\n')) return 'image/png';
  if (isAt(content, 0, '\xff\xd8\xff')) return 'image/jpeg';
  if (isAt(content, 0, 'GIF87a') || isAt(content, 0, 'GIF89a')) return 'image/gif';
  return isAt(content, 0, 'RIFF') && isAt(content, 8, 'WEBP') ? 'image/webp' : null;
}

/** A `data:` address; null for what is no picture, or is not at hand. */
export function pictureAddress({ content }: DocumentFile): string | null {
  const type = content && pictureType(content);
  return content && type ? `data:${type};base64,${Buffer.from(content).toString('base64')}` : null;
}
