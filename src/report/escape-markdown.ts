/** Text into Markdown. Pure. */
import { cleanText } from './parser';

/** What has a meaning within a line. */
const MARKUP = /[\\`*_[\]<>&|~#!$]/g;
/** Before what makes a list, or a rule, of a line that begins with it. */
const LINE_START = /^(\d{1,9})(?=[.)](?:\s|$))|^(?=[-+=])/;

/** A text as one line that shows it as it is, wherever it stands. */
export function escapeMarkdown(text: string): string {
  const line = cleanText(text).replace(/\s+/g, ' ').trim();
  return line.replace(MARKUP, (char) => `\\${char}`).replace(LINE_START, '$1\\');
}

/** An address as a link's destination: nothing in it ends that. */
export function destination(address: string): string {
  const encoded = address.replace(/[<>\s\\]/g, encodeURIComponent);
  return /[()]/.test(encoded) ? `<${encoded}>` : encoded;
}
