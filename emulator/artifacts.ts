/** The files that a run of the code interpreter leaves in its container: the same bytes at every download. */
import { barChart } from './png';
import { derivedId, markOf, promptOf } from './prompt';
import { metadataOf } from './scenarios';
import { titlesOf } from './sections';
import type { StoredResponse } from './types';

export interface MadeFile {
  id: string;
  path: string;
  content: Buffer;
}

/** Where containers keep their files. */
export const FOLDER = '/mnt/data/';

const quoted = (text: string): string => `"${text.replace(/"/g, '""')}"`;

/** What the run knows: its mark, its prompt, the files that it read, and the sections that it writes. */
function table(response: StoredResponse): Buffer {
  const rows = [
    ['name', 'value', 'file_id'],
    ['mark', markOf(response), ''],
    ['prompt_chars', String(promptOf(response.request).length), ''],
    ...response.files.map(({ id, filename, bytes }) => [quoted(filename), String(bytes), id]),
    ...titlesOf(response.request).map((title, i) => [quoted(title), String(i + 1), '']),
  ];
  return Buffer.from(rows.map((row) => `${row.join(',')}\n`).join(''));
}

function contentOf(name: string, response: StoredResponse): Buffer {
  if (/\.png$/i.test(name)) return barChart(markOf(response));
  return /\.csv$/i.test(name) ? table(response) : Buffer.from(`Made for ${markOf(response)}.\n`);
}

/** `metadata.emulator_artifact_names`; else a table, and where a report is wanted a chart. */
function namesOf(response: StoredResponse): string[] {
  const mark = markOf(response);
  const names = metadataOf(response.request).emulator_artifact_names;
  if (names !== undefined) return names.split(',').flatMap((name) => name.trim() || []);
  const usual = [`summary-${mark}.csv`];
  return titlesOf(response.request).length > 0 ? [...usual, `chart-${mark}.png`] : usual;
}

const made = new WeakMap<StoredResponse, MadeFile[]>();

/** The files, in the order in which they are cited. Their names are as they were asked for, whatever they do to a path. */
export function madeFiles(response: StoredResponse): MadeFile[] {
  let files = made.get(response);
  if (!files) {
    files = namesOf(response).map((name, i) => ({
      id: derivedId('cfile', response, i === 0 ? 'table' : `table/${i}`),
      path: `${FOLDER}${name}`,
      content: contentOf(name, response),
    }));
    made.set(response, files);
  }
  return files;
}
