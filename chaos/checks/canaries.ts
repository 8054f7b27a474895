/** I5: words that are in one place each, looked for everywhere else. */
import { createReadStream } from 'node:fs';
import { broken, type Broken } from './evidence';

/** What is secret, by its name. */
export type Canaries = Readonly<Record<string, string>>;

/** How often each was found. */
export type Hits = Record<string, number>;

export const hitsIn = (text: string, canaries: Canaries): Hits =>
  Object.fromEntries(Object.entries(canaries).map(([name, word]) => [name, text.split(word).length - 1]));

export function addHits(all: Hits, more: Hits): Hits {
  for (const [name, count] of Object.entries(more)) all[name] = (all[name] ?? 0) + count;
  return all;
}

/** Of any size; none where there is no such file. */
export async function hitsInFile(path: string, canaries: Canaries): Promise<Hits> {
  const all = hitsIn('', canaries);
  const longest = Math.max(...Object.values(canaries).map(({ length }) => length));
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'latin1' })) {
      const text = rest + String(chunk);
      // What may be the beginning of one is looked at again, and what was found in it is not counted twice.
      rest = text.slice(-(longest - 1));
      const again = hitsIn(rest, canaries);
      for (const [name, count] of Object.entries(hitsIn(text, canaries)))
        all[name] = (all[name] ?? 0) + count - (again[name] ?? 0);
    }
  } catch {
    return all;
  }
  return addHits(all, hitsIn(rest, canaries));
}

export interface CanaryScan {
  /** By where they were found. */
  hits: Record<string, Hits>;
  /** Where a canary is meant to be, all the same. */
  meant?: Record<string, readonly string[]>;
  /** In what upstream was sent: one that is not even there was never at large, and its absence proves nothing. */
  sent: Hits;
}

/** The example says where and how often, and never what. */
export function checkCanaries({ hits, meant = {}, sent }: CanaryScan): Broken[] {
  const unsent = Object.keys(sent).filter((name) => sent[name] === 0);
  const found = Object.entries(hits).flatMap(([place, counts]) =>
    Object.entries(counts)
      .filter(([name, count]) => count > 0 && !meant[place]?.includes(name))
      .map(([name, count]) => broken('I5', `${name} in ${place}: ${count} times`)),
  );
  return [
    ...unsent.map((name) => broken('work', `canary ${name}: never sent, not finding it proves nothing`)),
    ...found,
  ];
}
