/** Values side by side, as bars from the left: names of any length stand before them. Pure. */
import { html, type Html } from '../../src/html';
import { colour, legend, picture, scaleOf, textWidth, WIDTH, type Axis, type Scale } from './frame';

export interface BarsPlot {
  title: string;
  /** Never in powers of ten: a bar's length has to be its value. */
  value: Omit<Axis, 'log'>;
  /** What is compared: one bar in each group. */
  series: readonly string[];
  groups: readonly {
    name: string;
    /** One for each of the series; null where there is none. */
    values: readonly (number | null)[];
  }[];
}

const BAR = 16;
const GROUP_GAP = 14;
/** For the value behind the longest bar. */
const VALUE_WIDTH = 70;

function bar(value: number | null, index: number, at: { left: number; top: number }, scale: Scale): Html {
  const y = at.top + BAR - 5;
  if (value === null) return html`<text x="${at.left + 6}" y="${y}">-</text>`;
  const width = Math.max(1, scale.at(value) - at.left);
  return html`<g class="${colour(index)}"
    ><rect class="mark" x="${at.left}" y="${at.top + 1}" width="${width}" height="${BAR - 3}" rx="2" /><text
      class="name"
      x="${at.left + width + 6}"
      y="${y}"
      >${scale.shown(value)}</text
    ></g
  >`;
}

function ruler(scale: Scale, top: number, bottom: number): Html {
  return html`${scale.ticks.map(
    (tick) =>
      html`<line class="rule" x1="${scale.at(tick)}" x2="${scale.at(tick)}" y1="${top}" y2="${bottom}" /><text
          x="${scale.at(tick)}"
          y="${bottom + 16}"
          text-anchor="middle"
          >${scale.shown(tick)}</text
        >`,
  )}`;
}

/** An SVG file. */
export function bars(plot: BarsPlot): string {
  const { groups, series, value } = plot;
  const left = 24 + Math.max(...groups.map(({ name }) => textWidth(name)));
  const top = series.length > 1 ? 66 : 42;
  const groupHeight = series.length * BAR + GROUP_GAP;
  const bottom = top + groups.length * groupHeight;
  const values = groups.flatMap((group) => group.values).filter((one) => one !== null);
  const scale = scaleOf(values, value, left, WIDTH - VALUE_WIDTH);
  const rows = groups.map(({ name, values: own }, g) => {
    const from = top + GROUP_GAP / 2 + g * groupHeight;
    const middle = from + (series.length * BAR) / 2 + 4;
    const all = own.map((one, i) => bar(one, i, { left, top: from + i * BAR }, scale));
    return html`<text class="name" x="${left - 8}" y="${middle}" text-anchor="end">${name}</text>${all}`;
  });
  const label = html`<text x="${(left + WIDTH) / 2}" y="${bottom + 38}" text-anchor="middle">${value.label}</text>`;
  const keys = series.length > 1 ? legend(series, 50) : null;
  return picture(plot.title, bottom + 54, html`${keys}${ruler(scale, top, bottom)}${rows}${label}`);
}
