/** A run of the code interpreter: it reads the files of its container and leaves a table. */
import { derivedId, markOf, promptOf } from './prompt';
import type { ToolItems } from './tools';
import type { StoredResponse } from './types';

export interface MadeFile {
  id: string;
  path: string;
  content: Buffer;
}

/** The files that a run leaves in its container: the same bytes at every download. */
export function madeFiles(response: StoredResponse): MadeFile[] {
  const mark = markOf(response);
  const rows = [
    ['name', 'value', 'file_id'],
    ['mark', mark, ''],
    ['prompt_chars', String(promptOf(response.request).length), ''],
    ...response.files.map(({ id, filename, bytes }) => [`"${filename.replace(/"/g, '""')}"`, String(bytes), id]),
  ];
  const table = rows.map((row) => `${row.join(',')}\n`).join('');
  return [
    { id: derivedId('cfile', response, 'table'), path: `/mnt/data/summary-${mark}.csv`, content: Buffer.from(table) },
  ];
}

/** The call, and a citation of each file that it made. */
export function codeInterpreter(response: StoredResponse): ToolItems {
  const { containerId = derivedId('cntr', response, 'container'), files } = response;
  const made = madeFiles(response);
  const reads = files.map(({ filename }) => `print(len(open('/mnt/data/${filename}', 'rb').read()))`);
  return {
    items: [
      {
        type: 'code_interpreter_call',
        id: derivedId('ci', response, 'code'),
        status: 'completed',
        container_id: containerId,
        code: ['import pandas as pd', ...reads, ...made.map(({ path }) => `save('${path}')`)].join('\n'),
        outputs: [{ type: 'logs', logs: files.map(({ bytes }) => `${bytes}\n`).join('') || 'done\n' }],
      },
    ],
    citations: made.map(({ id: file_id, path }) => ({
      label: `[${path.slice(10)}](sandbox:${path})`,
      annotation: (start_index, end_index) => ({
        type: 'container_file_citation',
        container_id: containerId,
        file_id,
        filename: path.slice(10),
        start_index,
        end_index,
      }),
    })),
  };
}
