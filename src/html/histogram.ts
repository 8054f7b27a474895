/** How often which values occur, as a plot. Pure. */
import { axes, BOX, figure, scale, short, ticksTo } from './axis';
import { html, type Html } from './escape';

const BINS = 24;

export interface HistogramOptions {
  title: string;
  /** What the values are, with their unit. */
  xLabel: string;
  yLabel: string;
}

/** The value that so many of all (0 to 1) do not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0;
}

/** Values from 0 up, in bins of one width. */
export function histogram(values: readonly number[], { title, xLabel, yLabel }: HistogramOptions): Html {
  const sorted = [...values].sort((a, b) => a - b);
  const xTicks = ticksTo(sorted.at(-1) ?? 0);
  const max = xTicks.at(-1) ?? 1;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of sorted) {
    const bin = Math.min(BINS - 1, Math.floor((value / max) * BINS));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const yTicks = ticksTo(Math.max(...counts), Math.min(4, Math.max(1, Math.max(...counts)))).filter(Number.isInteger);
  const x = scale(BINS, BOX.left, BOX.right);
  const y = scale(yTicks.at(-1) ?? 1, BOX.bottom, BOX.top);
  const bar = (count: number, i: number) =>
    count > 0 &&
    html`<rect x="${x(i) + 1}" y="${y(count)}" width="${x(i + 1) - x(i) - 2}" height="${BOX.bottom - y(count)}">
      <title>${`${short((i / BINS) * max)} to ${short(((i + 1) / BINS) * max)}: ${count}`}</title>
    </rect>`;
  const [median, most] = [quantile(sorted, 0.5), quantile(sorted, 0.95)];
  const summary = `half up to ${short(median)}, 95 % up to ${short(most)}, all up to ${short(sorted.at(-1) ?? 0)}`;
  const content = html`${axes(xTicks, yTicks, { x: xLabel, y: yLabel })} <g class="fill c0">${counts.map(bar)}</g>`;
  return figure(title, summary, content);
}
