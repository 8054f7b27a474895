/** Sections and tables of the pages in `docs`. */

/** The text below a heading, up to the next one of its kind. @throws Error when there is none. */
export function sectionOf(page: string, title: string): string {
  const [, text] = new RegExp(`^## ${title}\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(page) ?? [];
  if (text === undefined) throw new Error(`There is no section "${title}".`);
  return text;
}

/** The cells of a table, without its head. */
export const rowsOf = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
