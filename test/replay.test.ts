/** Recorded histories replay with the code of today, those of before and after each patch, too. */
import { DeterminismViolationError } from '@temporalio/workflow';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleWhere, changedBundle, patchIds } from './helpers/bundles';
import { replay } from './helpers/determinism';
import { publishTable } from './helpers/proof';
import { HISTORIES, RECORDINGS } from './helpers/recordings';

/** As far as it is read here. */
interface RecordedHistory {
  events: { workflowExecutionStartedEventAttributes?: { workflowType?: { name?: string } } }[];
}

const pathOf = (name: string, folder = '.'): string => join(HISTORIES, folder, `${name}.json`);
const named = (names: readonly string[], folder?: string) =>
  names.map((workflowId) => {
    return { workflowId, history: JSON.parse(readFileSync(pathOf(workflowId, folder), 'utf8')) as RecordedHistory };
  });

/** Of code that is gone; nothing records them again. By the workflow's id, since a batch is found in its pages by that. */
const OLDER = [
  'batch-completed',
  'page-completed',
  'report-completed',
  'page-bad-lines',
  'page-slots-lost',
  'page-larger-share',
  'task-upload-failed',
];

describe('replay', () => {
  const names = Object.keys(RECORDINGS);
  let ends: Map<string, Error | undefined>;
  beforeAll(async () => {
    if (process.env.RECORD_HISTORIES === '1')
      for (const name of names) if (!existsSync(pathOf(name))) await RECORDINGS[name]?.();
    ends = await replay(named(names.filter((name) => existsSync(pathOf(name)))));
    // All of them take seconds to record, the gate more than a minute.
  }, 600_000);

  test.each(names)('recorded history %s -> replays with the code of today', (name) => {
    expect([...ends.keys()], 'there is one').toContain(name);
    expect(ends.get(name)).toBeUndefined();
  });

  afterAll(() => {
    const types = new Map<string, { histories: number; events: number; wrong: number }>();
    for (const { workflowId, history } of [...named(names), ...named(OLDER, 'older')]) {
      const { events } = history;
      const type = events[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? '';
      const sum = types.get(type) ?? { histories: 0, events: 0, wrong: 0 };
      types.set(type, {
        histories: sum.histories + 1,
        events: sum.events + events.length,
        wrong: sum.wrong + (ends.get(workflowId) ? 1 : 0),
      });
    }
    const rows = [...types].map(([type, { histories, events, wrong }]) => [`\`${type}\``, histories, events, wrong]);
    publishTable('histories', ['workflow', 'histories', 'events', 'do not replay'], rows);
  });

  test.each(OLDER)('history %s of older code -> replays with the code of today', async (name) => {
    expect((await replay(named([name], 'older'))).get(name)).toBeUndefined();
  });

  test('the folder of histories -> holds what is listed here and nothing else', () => {
    const files = (all: string[]) => all.map((name) => `${name}.json`).sort();
    const inFolder = (folder: string) => readdirSync(join(HISTORIES, folder)).filter((name) => name.endsWith('.json'));
    expect(inFolder('.').sort()).toEqual(files(names));
    expect(inFolder('older').sort()).toEqual(files(OLDER));
  });
});

/** Recorded with the code before the patch, and with the code after it. A new patch needs both. */
const PATCHES: Record<string, { before: string; after: string }> = {
  'ask-while-busy': { before: 'gate-busy-before', after: 'gate-busy' },
  'create-in-next-run': { before: 'task-refused-before', after: 'task-refused' },
  'expired-by-late-look': { before: 'task-unknown-at-first-before', after: 'task-unknown-at-first' },
  'freed-together': { before: 'gate-gone-before', after: 'gate-gone' },
  'hint-of-last-response': { before: 'task-hint-of-last-before', after: 'task-hint-of-last' },
  'keep-hint': { before: 'task-hint-before', after: 'task-hint' },
  'look-at-queue-limit': { before: 'task-queued-before', after: 'task-queued' },
  'look-behind-webhook': { before: 'task-queued-webhook-before', after: 'task-queued-webhook' },
  'queue-limit-from-create': { before: 'task-queued-late-before', after: 'task-queued-late' },
  'slower-fill': { before: 'page-wide-before', after: 'page-wide' },
  'told-after-update': { before: 'batch-told-before', after: 'batch-told' },
};

describe('patches', () => {
  afterAll(() => {
    const rows = Object.entries(PATCHES).map(([id, { before, after }]) => [`\`${id}\``, before, after]);
    publishTable('patches', ['patch', 'history from before it', 'and from after it'], rows);
  });

  test('the patches in the workflow code -> are those that have two histories', () => {
    expect(patchIds()).toEqual(Object.keys(PATCHES).sort());
  });

  test.each(Object.entries(PATCHES))(
    'given %s -> then the older history needs the branch before it, the newer one the one after it',
    async (id, { before, after }) => {
      const alwaysAfter = await replay(named([before]), bundleWhere(true, [id]));
      const alwaysBefore = await replay(named([after]), bundleWhere(false, [id]));
      for (const error of [alwaysAfter.get(before), alwaysBefore.get(after)])
        expect(error).toBeInstanceOf(DeterminismViolationError);
    },
  );
});

interface Rule {
  /** A history of a page that an older version began, and one of today. */
  older: string;
  newer: string;
  /** Where the code asks for it. */
  code: [before: string, condition: string, after: string];
}

/** Where the input of a page says how it runs, and no patch does. */
const RULES: Rule[] = [
  { older: 'page-bad-lines', newer: 'page-asked-at-bad-line', code: ['if (', 'page.input.rules', ')'] },
  { older: 'page-slots-lost', newer: 'page-slots-passed-late', code: ['while (', 'page.input.rules', ' && '] },
  { older: 'page-larger-share', newer: 'page-two-limits', code: ['return ', 'input.spentShares', ' ? ['] },
];

describe('rules by input', () => {
  test.each(RULES)(
    'given $older and $newer, each by the rule of the other -> then it does not replay',
    async ({ older, newer, code: [before, condition, after] }) => {
      const bundleWith = (answer: boolean) =>
        changedBundle(`${before}${condition}${after}`, `${before}${answer}${after}`);
      const byNewer = await replay(named([older], 'older'), bundleWith(true));
      const byOlder = await replay(named([newer]), bundleWith(false));
      for (const error of [byNewer.get(older), byOlder.get(newer)])
        expect(error).toBeInstanceOf(DeterminismViolationError);
    },
  );
});
