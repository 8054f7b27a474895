/** What a report is refused for before anything is uploaded, and the names that its files get. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ReasoningEffort } from 'openai/resources/shared';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startReport } from '../src/client/report';
import type { StartContext } from '../src/client/start';
import type { ReportPlan, StoredAnswer } from '../src/contracts';
import { assertReport } from '../src/door';
import { UsageError } from '../src/errors';
import { markedName } from '../src/names';
import { citedFiles, citedPages, missingSections } from '../src/report/answer';
import { fileNames } from '../src/report/file-names';
import { folderStore } from '../src/store';

const good = { title: 'Otters', sources: [{ path: 'a.csv' }] };

const problemsOf = (plan: unknown): string[] => {
  try {
    assertReport(plan);
    return [];
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
};

describe('the door', () => {
  test('given a plan with everything -> then nothing is wrong', () => {
    const options = { maxWaitSeconds: 7200, priority: 'high', tenant: 'acme', labels: { team: 'a' } };
    const rest = {
      sections: ['One'],
      model: 'o3',
      instructions: 'Short.',
      reasoningEffort: 'low',
      metadata: { a: 'b' },
    };
    expect(problemsOf({ ...good, ...rest, options })).toEqual([]);
  });

  // A record, so that the compiler misses one that the API gets and this list does not.
  const efforts: Record<NonNullable<ReasoningEffort>, true> = {
    none: true,
    minimal: true,
    low: true,
    medium: true,
    high: true,
    xhigh: true,
    max: true,
  };
  test.each(Object.keys(efforts))(
    'given the effort %s, which the API has -> then nothing is wrong',
    (reasoningEffort) => {
      expect(problemsOf({ ...good, reasoningEffort })).toEqual([]);
    },
  );

  test.each<[string, unknown, RegExp]>([
    ['no object', null, /^report: expected an object/],
    ['no title', { sources: good.sources }, /^title: expected one line/],
    ['a title of two lines', { ...good, title: 'a\nb' }, /^title: expected one line/],
    ['a long title', { ...good, title: 'x'.repeat(201) }, /^title: expected one line/],
    ['no sources', { title: 'Otters' }, /^sources: expected a list of files/],
    ['an empty list', { ...good, sources: [] }, /^sources: expected a list of files/],
    ['too many', { ...good, sources: Array(21).fill({ path: 'a' }) }, /^sources: 21 are too many/],
    ['a source that is a string', { ...good, sources: ['a.csv'] }, /^sources\[0\]: expected an object/],
    ['two of one name', { ...good, sources: [{ path: 'x/a' }, { path: 'y/a' }] }, /^sources\[1\]\.path: another/],
    ['a name with a line end', { ...good, sources: [{ path: 'a\nb' }] }, /^sources\[0\]\.path: the name/],
    ['a blank section', { ...good, sections: [' '] }, /^sections: expected 1 to 30/],
    ['no model', { ...good, model: '' }, /^model: /],
    ['a field that is none', { ...good, titel: 'x' }, /^titel: unknown field; known are title/],
    ['metadata of ours', { ...good, metadata: { task_id: 'x' } }, /^metadata\.task_id: this key is set/],
    ['an option that is none of a report', { ...good, options: { onTimeout: 'leave' } }, /^onTimeout: unknown option/],
    ['a wait of a month', { ...good, options: { maxWaitSeconds: 2_592_000 } }, /^maxWaitSeconds: a report may/],
    ['an effort', { ...good, reasoningEffort: 'huge' }, /^reasoningEffort: unknown value; write one of none, /],
  ])('given %s -> then it is refused with the field and what to write', (_, plan, expected) => {
    expect(problemsOf(plan)).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });
});

describe('sources', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'durable-responses-door-'));
    mkdirSync(join(folder, 'directory'));
    writeFileSync(join(folder, 'empty.csv'), '');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('given files that cannot be used -> then all are named, and nothing is kept or started', async () => {
    const workflow = {
      getHandle: () => ({ describe: () => Promise.reject(new WorkflowNotFoundError('none', 'r', undefined)) }),
    };
    const store = folderStore(join(folder, 'store'));
    const context = { client: { workflow }, taskQueue: 'q', searchAttributes: true } as unknown as StartContext;
    const paths = ['missing.csv', 'directory', 'empty.csv'].map((name) => ({ path: join(folder, name) }));
    const plan: ReportPlan = { title: 'Otters', sources: paths };
    const refused = await startReport({ ...context, store }, plan, { id: 'r', random: 'x' }).catch(
      (error: unknown) => error,
    );
    expect((refused as UsageError).problems).toEqual([
      expect.stringMatching(/^sources\[0\]\.path: "missing\.csv" cannot be read \(ENOENT\)/),
      expect.stringMatching(/^sources\[1\]\.path: "directory" is no file/),
      expect.stringMatching(/^sources\[2\]\.path: "empty\.csv" is empty/),
    ]);
    expect(await store.list('reports/')).toEqual([]);
  });
});

describe('names', () => {
  test('given a name -> then the mark comes before its extension', () => {
    expect(['sales.csv', 'README', 'a.tar.gz', '.env'].map((name) => markedName(name, 'm'))).toEqual([
      'sales-m.csv',
      'README-m',
      'a.tar-m.gz',
      '.env-m',
    ]);
  });

  test.each([
    [
      ['chart.png', 'Chart.PNG', 'chart.png'],
      ['chart.png', 'Chart-2.PNG', 'chart-3.png'],
    ],
    [
      ['../../etc/passwd', '..', '.', ''],
      ['passwd', 'file', 'file-2', 'file-3'],
    ],
    [['<script>alert(1)<_script>.html'], ['script_alert_1__script.html']],
    [
      ['con.txt', 'NUL', 'a b\u202e.csv'],
      ['_con.txt', '_NUL', 'a_b.csv'],
    ],
    [
      ['é.md', '报告.pdf'],
      ['e.md', 'file.pdf'],
    ],
  ])('given %j -> then they are safe and unlike each other', (names, expected) => {
    expect(fileNames(names)).toEqual(expected);
  });
});

describe('the answer', () => {
  const answerWith = (annotations: unknown): StoredAnswer => {
    const output = [{ type: 'message', content: [{ type: 'output_text', text: '', annotations }] }];
    return { outputText: '', requestId: null, response: { output } as unknown as StoredAnswer['response'] };
  };
  const cited = { type: 'container_file_citation', container_id: 'cntr_1', file_id: 'cfile_1', filename: 'a.png' };

  test('given citations -> then each file and page once, and no id that could be a path', () => {
    const page = { type: 'url_citation', url: 'https://a.example/', title: 'A' };
    const bad = { ...cited, file_id: '../x' };
    const answer = answerWith([cited, cited, bad, page, page, null, 'text', { type: 'url_citation' }]);
    expect(citedFiles(answer)).toEqual([{ containerId: 'cntr_1', fileId: 'cfile_1', name: 'a.png' }]);
    expect(citedPages(answer)).toEqual([{ title: 'A', url: 'https://a.example/' }]);
  });

  test('given an answer of another shape -> then nothing is found, and nothing is thrown', () => {
    for (const content of [null, 'text', [null], [{ annotations: 'x' }]]) {
      const output = [{ type: 'message', content }, { type: 'reasoning' }];
      const answer = { ...answerWith([]), response: { output } as unknown as StoredAnswer['response'] };
      expect([citedFiles(answer), citedPages(answer)]).toEqual([[], []]);
    }
  });

  test('given headings of several kinds -> then only sections that none names are missing', () => {
    const text = '# Report\n\n## 1. Executive Summary\n\n**Risk assessment**\n\nOutlook is fine.\n\n### Market: trends';
    const wanted = ['Executive summary', 'Risk assessment', 'Market trends', 'Outlook'];
    expect(missingSections(text, wanted)).toEqual(['Outlook']);
  });
});
