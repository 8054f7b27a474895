/** Plots as SVG files beside the page of benchmarks: `lines`, `bars`, and `plotted`, which writes one. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export { bars, type BarsPlot } from './plot/bars';
export { lines, type Line, type LinesPlot } from './plot/lines';
export type { Axis } from './plot/frame';

const PAGE_FOLDER = 'docs';
const PLOTS = 'plots';

/**
 * Writes a plot where its figures are those of the page, and gives the Markdown that shows it, to stand beside the table.
 *
 * @param name Of the file, without its ending.
 * @param alt What it shows, for those who do not see it.
 */
export function plotted(name: string, alt: string, svg: string, isForPage = true): string {
  if (isForPage && existsSync(PAGE_FOLDER)) {
    mkdirSync(join(PAGE_FOLDER, PLOTS), { recursive: true });
    writeFileSync(join(PAGE_FOLDER, PLOTS, `${name}.svg`), svg);
  }
  return `![${alt}](${PLOTS}/${name}.svg)`;
}
