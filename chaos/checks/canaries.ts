/** I5: words that are in one place each, looked for everywhere else. */
import { broken, type Broken } from './evidence';

export interface CanaryScan {
  /** What is secret, by its name. */
  canaries: Record<string, string>;
  /** Texts in which nothing may be found, by where they are from. */
  places: Record<string, string>;
  /** Where a canary is meant to be, all the same. */
  meant?: Record<string, readonly string[]>;
  /** What upstream was sent: a canary that is not even there was never at large, and its absence proves nothing. */
  sent: string;
}

/** The example says where and how often, and never what. */
export function checkCanaries({ canaries, places, meant = {}, sent }: CanaryScan): Broken[] {
  const names = Object.keys(canaries);
  const unsent = names.filter((name) => !sent.includes(canaries[name] ?? ''));
  const found = Object.entries(places).flatMap(([place, text]) =>
    names.flatMap((name) => {
      const hits = text.split(canaries[name] ?? '').length - 1;
      return hits === 0 || meant[place]?.includes(name) ? [] : [broken('I5', `${name} in ${place}: ${hits} times`)];
    }),
  );
  return [
    ...unsent.map((name) => broken('work', `canary ${name}: never sent, so not finding it proves nothing`)),
    ...found,
  ];
}
