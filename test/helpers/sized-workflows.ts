/** A workflow that takes texts and bytes of any size in every way there is, beside those of the package. */
import { condition, defineQuery, defineSignal, defineUpdate, proxyActivities, setHandler } from '@temporalio/workflow';

export * from '../../src/workflows';

export type Sized = string | Uint8Array;

export const takeSignal = defineSignal<[Sized]>('take');
export const digestQuery = defineQuery<string>('digest');
export const readQuery = defineQuery<Sized>('read');
export const swapUpdate = defineUpdate<Sized, [Sized]>('swap');

const { digest } = proxyActivities<{ digest(content: Sized): Promise<string> }>({
  startToCloseTimeout: '60s',
  retry: { maximumAttempts: 5 },
});

/** Gives what the signal brought; the query `digest` tells that of the argument, which an activity has made. */
export async function sized(content: Sized): Promise<Sized> {
  let taken: Sized | null = null;
  let held = content;
  setHandler(takeSignal, (value) => void (taken = value));
  let digestMade = '';
  setHandler(digestQuery, () => digestMade);
  setHandler(readQuery, () => held);
  setHandler(swapUpdate, (value) => {
    const before = held;
    held = value;
    return before;
  });
  digestMade = await digest(content);
  await condition(() => taken !== null);
  return taken ?? '';
}
