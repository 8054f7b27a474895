/** A workflow that takes texts of any size in every way there is, beside those of the package. */
import { condition, defineQuery, defineSignal, defineUpdate, proxyActivities, setHandler } from '@temporalio/workflow';

export * from '../../src/workflows';

export const takeSignal = defineSignal<[string]>('take');
export const readQuery = defineQuery<string>('read');
export const swapUpdate = defineUpdate<string, [string]>('swap');

const { digest } = proxyActivities<{ digest(text: string): Promise<string> }>({
  startToCloseTimeout: '60s',
  retry: { maximumAttempts: 5 },
});

/** Gives the digest of its argument, which an activity has made, and the text of the signal. */
export async function sized(text: string): Promise<{ digest: string; taken: string }> {
  let taken: string | null = null;
  let held = text;
  setHandler(takeSignal, (value) => void (taken = value));
  setHandler(readQuery, () => held);
  setHandler(swapUpdate, (value) => {
    const before = held;
    held = value;
    return before;
  });
  const made = await digest(text);
  await condition(() => taken !== null);
  return { digest: made, taken: taken ?? '' };
}
