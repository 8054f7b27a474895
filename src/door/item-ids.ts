/** Ids of the items of a file: every item gets one of its own, so that each has a record. */
import type { BatchItem } from '../contracts';
import { count } from './bounds';
import { credentialIn } from '../security/credential-forms';
import type { ReadLine } from './line';
import { isText, show } from './problem';
import { checkId } from './task';

/** A line of a file of any format. */
export interface NumberedLine extends ReadLine {
  line: number;
}

type ItemName = Pick<BatchItem, 'id' | 'customId'>;

const MAX_CUSTOM_ID_CHARS = 512;
/** A longer `custom_id` would leave too little room for the id of the batch, which stands before it. */
const MAX_ID_CHARS_OF_CUSTOM_ID = 100;

/** An item's id becomes the last part of `batch/item`. */
const isItemId = (id: string): boolean => checkId(id).length === 0 && !id.includes('/');

const NO_STRING = 'expected a string; write the id in quotes, or leave it out';

/** What is wrong with the id of an item. */
export function itemIdProblem(id: unknown): string | undefined {
  if (typeof id !== 'string') return NO_STRING;
  if (isItemId(id)) return undefined;
  const kind = credentialIn(id);
  if (kind) return `looks like ${kind}, and ids are in clear on the server; write another`;
  return `${show(id)} cannot be the id of an item; write 1 to 200 of A-Z a-z 0-9 . _ : - that begin with a letter or digit`;
}

/** What is wrong with a key of the user's own, which may be any text. */
export function customIdProblem(customId: unknown): string | undefined {
  if (typeof customId !== 'string') return NO_STRING;
  if (isText(customId) && customId.length <= MAX_CUSTOM_ID_CHARS) return undefined;
  return `${count(customId.length)} characters, or only blanks; write 1 to ${MAX_CUSTOM_ID_CHARS} characters`;
}

const keyProblem = ({ id, idField }: NumberedLine): string | undefined =>
  idField === 'custom_id' ? customIdProblem(id) : itemIdProblem(id);

/** Whether the key can be the id itself. */
const fits = ({ idField }: NumberedLine, key: string): boolean =>
  isItemId(key) && (idField === 'id' || key.length <= MAX_ID_CHARS_OF_CUSTOM_ID);

/** The first line of each usable key. */
function firstLines(lines: NumberedLine[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const one of lines) {
    if (isText(one.id) && keyProblem(one) === undefined && !first.has(one.id)) first.set(one.id, one.line);
  }
  return first;
}

/**
 * Names every item: by the key of its line, or by its place, with the key beside it where that can be no id. A key that
 * cannot be used at all is one more problem of the line.
 */
export function nameItems(lines: NumberedLine[]): ItemName[] {
  const first = firstLines(lines);
  const used = new Set(first.keys());
  const claim = (wanted: string, line: number): string => {
    let free = wanted;
    for (let i = 1; used.has(free); i++) free = `${wanted.slice(0, 180)}-line-${line}${i > 1 ? `-${i}` : ''}`;
    used.add(free);
    return free;
  };
  return lines.map((one, i): ItemName => {
    const { id: key, idField: field, line, problems } = one;
    const message = key === undefined ? undefined : keyProblem(one);
    const byPlace = `item-${String(i + 1).padStart(4, '0')}`;
    if (message !== undefined) problems.unshift({ field, message });
    if (message !== undefined || !isText(key)) return { id: claim(byPlace, line) };
    const [firstLine, isId] = [first.get(key), fits(one, key)];
    if (firstLine === line) return isId ? { id: key } : { id: claim(byPlace, line), customId: key };
    // Any text may be in a key that is no id: it is not repeated in messages.
    const named = isId ? `${show(key)} is the id` : 'is that';
    problems.unshift({ field, message: `${named} of line ${firstLine}; write another` });
    return { id: claim(isId ? key : byPlace, line) };
  });
}
