/** File search: results and citations are files of the vector stores that were searched. */
import { derivedId, markOf, openingOf } from './prompt';
import type { ToolItems } from './tools';
import type { FoundFile, StoredResponse } from './types';

/** Of the best result; each further one is a little worse. */
const BEST_SCORE = 0.87;

const scoreAt = (rank: number): number => Number((BEST_SCORE / (1 + rank / 10)).toFixed(4));

/** The scenario of this name searches nothing and finds something all the same. */
function madeUp(response: StoredResponse): FoundFile {
  const filename = `note-${markOf(response)}.txt`;
  const id = derivedId('file', response, filename).replace('_', '-');
  return { id, filename, bytes: 0, text: `A passage about: ${openingOf(response.request, 6)}` };
}

/** The search, with a citation of each file that it found. */
export function fileSearch(response: StoredResponse): ToolItems {
  const files = response.found ?? [madeUp(response)];
  return {
    items: [
      {
        type: 'file_search_call',
        id: derivedId('fs', response, 'search'),
        status: 'completed',
        queries: [openingOf(response.request, 6)],
        results: files.map(({ id, filename, text }, rank) => {
          return { file_id: id, filename, score: scoreAt(rank), text, attributes: {} };
        }),
      },
    ],
    citations: files.map(({ id: file_id, filename }) => ({
      label: `(${filename})`,
      annotation: (_, index) => ({ type: 'file_citation', file_id, filename, index }),
    })),
  };
}
