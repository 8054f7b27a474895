/** What a name is found at, by DNS. */
import { Resolver } from 'node:dns/promises';

/** Gives the addresses of a name; none where it cannot be found in time. */
export type FindAddresses = (name: string) => Promise<string[]>;

/** One try of a second: what DNS does not say now, upstream will find out. */
const LIMITS = { timeout: 1_000, tries: 1 };

/** Asks the name servers themselves: many dead names would block the threads in which Node looks names up. */
export async function findAddresses(name: string): Promise<string[]> {
  const resolver = new Resolver(LIMITS);
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
