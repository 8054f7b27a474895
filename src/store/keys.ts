/** Names of blobs. Pure. */

const number = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** Each takes the folder of the batch. */
export const batchKeys = {
  /** The items of a page, a JSON object a line. */
  page: (folder: string, file: number): string => `${folder}/input/${number(file, 5)}.jsonl`,
  /** What the workflow of a page needs to know of its items. */
  heads: (folder: string, file: number): string => `${folder}/heads/${number(file, 5)}.json`,
  /** What the whole input is. */
  manifest: (folder: string): string => `${folder}/manifest.json`,
  answer: (folder: string, index: number): string =>
    `${folder}/answers/${number(Math.floor(index / 1000), 4)}/${number(index, 7)}.json`,
  recordsOfPage: (folder: string, file: number): string => `${folder}/records/${number(file, 5)}/`,
  records: (folder: string, file: number, chunk: number): string =>
    `${folder}/records/${number(file, 5)}/${number(chunk, 5)}.jsonl`,
};

/** Each takes the folder of the report. Names of files are any text, so blobs have numbers. */
export const reportKeys = {
  source: (folder: string, index: number): string => `${folder}/sources/${number(index, 3)}`,
  answer: (folder: string): string => `${folder}/answer.json`,
  artifact: (folder: string, index: number): string => `${folder}/artifacts/${number(index, 3)}`,
};
