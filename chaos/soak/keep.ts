/** What broke a promise is kept, to be looked at: the same seed need not come to it again. */
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Soaked, Verdict } from './judge';

/** More of them have the same cause. */
const KEPT = 20;

/** Of each workflow that is named in what is broken: its history, and what upstream has of it. */
export async function keepBroken({ session, plan }: Soaked, { broken, evidence }: Verdict): Promise<void> {
  const { found, ledger } = evidence;
  // Of a batch and its item: as the id of the item's workflow.
  const texts = broken.map(({ what }) => `${what} ${what.replace(': ', '/')}`);
  const isNamed = (id: string) => texts.some((text) => new RegExp(`(^|\\W)${id}(\\W|$)`).test(text));
  const named = [...new Set(found.map(({ workflowId }) => workflowId))].filter(isNamed).slice(0, KEPT);
  if (named.length === 0) return;
  const folder = join(tmpdir(), `broken-${plan.seed}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  for (const id of named) {
    const history = historyToJSON(await session.temporal.workflow.getHandle(id).fetchHistory());
    const calls = ledger.calls.filter(({ task }) => task === id);
    const creates = ledger.creates.filter(({ metadata }) => metadata.task_id === id);
    const words = broken.filter((_, i) => texts[i]?.includes(id));
    const kept = { words, calls, creates, history: JSON.parse(history) as unknown };
    writeFileSync(join(folder, `${id.replaceAll('/', '_')}.json`), JSON.stringify(kept, null, 1));
  }
  console.error(`Kept of ${named.length} workflows: ${folder}`);
}
