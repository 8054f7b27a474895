import type { ResponseOutputText } from 'openai/resources/responses/responses';
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { emulated, type Emulated, START_MS, thrown } from './helpers/emulated';

const TIMES = { emulator_queued_seconds: '1', emulator_run_seconds: '9' };
const CONTENTS = 'Write a report on otters with these sections:\n1. Executive summary\n2. **Findings**\n   3) Outlook';
const HOSTILE = ['../../evil.sh', '<script>alert(1)</script>.csv', 'chart.png'];

const interpreter = (container: unknown = { type: 'auto' }) => ({ type: 'code_interpreter', container });

async function ended(all: Emulated, fields: Record<string, unknown>): Promise<ResponseOutputText> {
  const id = await all.create({ metadata: TIMES, ...fields });
  all.at(10);
  const last = (await all.client.responses.retrieve(id)).output.at(-1);
  const part = last?.type === 'message' ? last.content[0] : undefined;
  if (part?.type !== 'output_text') throw new Error('There is no text.');
  return part;
}

const citationsIn = ({ annotations }: ResponseOutputText) =>
  annotations.flatMap((one) => (one.type === 'container_file_citation' ? [one] : []));

const headingsIn = (text: string) => [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title);

async function bytesOf({ client }: Emulated, { container_id, file_id }: { container_id: string; file_id: string }) {
  const content = await client.containers.files.content.retrieve(file_id, { container_id });
  return Buffer.from(await content.arrayBuffer());
}

describe('answers in sections', () => {
  test.each([
    ['in the prompt', { input: CONTENTS }],
    ['in an item of the prompt', { input: [{ role: 'user', content: CONTENTS }] }],
    ['in the instructions', { instructions: CONTENTS, input: '1. Something else\n2. And more' }],
  ])('given a numbered list %s -> then a section for each, with text and the mark', async (_, fields) => {
    const { text } = await ended(await emulated(), fields);
    expect(headingsIn(text)).toEqual(['Executive summary', 'Findings', 'Outlook']);
    const mark = /\[([0-9a-f]{12})\]/.exec(text)?.[1];
    for (const section of text.split('\n\n## ').slice(1)) {
      expect(section).toContain(`[${mark}]`);
      expect(section.split('\n\n').length).toBeGreaterThan(2);
    }
  });

  test('given no list -> then one paragraph as ever', async () => {
    const { text } = await ended(await emulated(), { input: 'In 2019. 2 otters; 3. place' });
    expect(text).not.toContain('\n');
  });

  test('given tools -> then each citation stands in a section and its indices frame it', async () => {
    const { text, annotations } = await ended(await emulated(), {
      input: CONTENTS,
      metadata: { ...TIMES, emulator_scenario: 'deep_research' },
      tools: [interpreter(), { type: 'web_search' }],
    });
    const labels = annotations.map((one) =>
      'start_index' in one ? text.slice(one.start_index, one.end_index) : 'none',
    );
    expect(labels).toHaveLength(5);
    for (const label of labels)
      expect(label).toMatch(/^(\[(summary|chart)-\S+\]\(sandbox:\S+\)|\(\[example\.com\]\S+\))$/);
    for (const section of text.split('\n\n## ').slice(1)) expect(section).toMatch(/\(sandbox:|example\.com/);
  });
});

describe('artifacts', () => {
  test('given a list of sections -> then a table and a picture that can be read', async () => {
    const all = await emulated();
    const cited = citationsIn(await ended(all, { input: CONTENTS, tools: [interpreter()] }));
    const [table, chart] = await Promise.all(cited.map((one) => bytesOf(all, one)));
    expect(cited.map(({ filename }) => filename.replace(/-\w+/, ''))).toEqual(['summary.csv', 'chart.png']);
    expect(table?.toString()).toContain('"Findings",2,');
    expect(chart?.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
    const [width = 0, height = 0] = [chart?.readUInt32BE(16), chart?.readUInt32BE(20)];
    const start = chart?.indexOf('IDAT') ?? 0;
    const pixels = inflateSync(chart?.subarray(start + 4, start + 4 + (chart?.readUInt32BE(start - 4) ?? 0)) ?? '');
    expect(pixels).toHaveLength(height * (width + 1));
    expect(await bytesOf(all, cited[1] ?? { container_id: '', file_id: '' })).toEqual(chart);
  });

  test('given names -> then files of these names, hostile ones too, listed and cited', async () => {
    const all = await emulated();
    const metadata = { ...TIMES, emulator_artifact_names: HOSTILE.join(', ') };
    const cited = citationsIn(await ended(all, { metadata, tools: [interpreter()] }));
    expect(cited.map(({ filename }) => filename)).toEqual(HOSTILE);
    const { data } = await all.client.containers.files.list(cited[0]?.container_id ?? '', { order: 'asc' });
    expect(data.map(({ path }) => path)).toEqual(HOSTILE.map((name) => `/mnt/data/${name}`));
    expect(data.map(({ id }) => id)).toEqual(cited.map(({ file_id }) => file_id));
    for (const one of cited) {
      expect(await bytesOf(all, one)).toHaveLength(data.find(({ id }) => id === one.file_id)?.bytes ?? -1);
    }
  });

  test('given no names -> then no files', async () => {
    const metadata = { ...TIMES, emulator_artifact_names: '' };
    expect(citationsIn(await ended(await emulated(), { metadata, tools: [interpreter()] }))).toEqual([]);
  });
});

describe('explicit containers', () => {
  const minutes = (count: number) => ({ anchor: 'last_active_at' as const, minutes: count });

  test('given one with a file -> then its files are the user’s and the assistant’s, and the answer names the first', async () => {
    const all = await emulated();
    const { client } = all;
    const file = await client.files.create({ file: new File(['a,b\n'], 'data.csv'), purpose: 'user_data' });
    const { id } = await client.containers.create({ name: 'mine', file_ids: [file.id], expires_after: minutes(5) });
    const { text } = await ended(all, { input: CONTENTS, tools: [interpreter(id)] });
    expect(text).toContain('data.csv (4 bytes)');
    const { data } = await client.containers.files.list(id, { order: 'asc' });
    expect(data.map(({ source }) => source)).toEqual(['user', 'assistant', 'assistant']);
  });

  test('given a name -> then the list finds it', async () => {
    const { client } = await emulated();
    const ids = new Map<string, string>();
    for (const name of ['a', 'b', 'c']) ids.set(name, (await client.containers.create({ name })).id);
    expect((await client.containers.list({ name: 'b' })).data.map(({ id }) => id)).toEqual([ids.get('b')]);
    expect((await client.containers.list({ name: 'x' })).data).toEqual([]);
  });

  test('given a look -> then its minutes begin anew; after them a run in it is refused', async () => {
    const all = await emulated();
    const { id } = await all.client.containers.create({ name: 'mine', expires_after: minutes(5) });
    all.at(299);
    expect((await all.client.containers.retrieve(id)).last_active_at).toBe(START_MS / 1000 + 299);
    all.at(299 + 301);
    const error = await thrown(all.create({ tools: [interpreter(id)] }));
    expect([error.status, error.message]).toEqual([400, '400 Container is expired.']);
    await all.client.containers.list();
    expect(all.emulator.ledger().creates).toEqual([]);
  });
});
