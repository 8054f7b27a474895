/** A run of the code interpreter: it reads the files of its container and leaves some. */
import { FOLDER, madeFiles } from './artifacts';
import { derivedId } from './prompt';
import type { ToolItems } from './tools';
import type { StoredResponse } from './types';

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
      label: `[${path.slice(FOLDER.length)}](sandbox:${path})`,
      annotation: (start_index, end_index) => ({
        type: 'container_file_citation',
        container_id: containerId,
        file_id,
        filename: path.slice(FOLDER.length),
        start_index,
        end_index,
      }),
    })),
  };
}
