/** The frame, colours and scales of a plot that is a file of its own. Pure. */
import { short, ticksTo } from '../../src/html/axis';
import { html, Html } from '../../src/html';

export const WIDTH = 760;
const COLOURS = 6;

/** Where the marks of a plot are, in its own units. */
export interface Area {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Axis {
  /** What it shows, with its unit. */
  label: string;
  /** In powers of ten; values have to be above 0. */
  log?: boolean;
  /** How a value is written; numbers as they are by default. */
  shown?: (value: number) => string;
  /** Instead of round numbers, e.g. the values that were measured. */
  ticks?: readonly number[];
}

export interface Scale {
  ticks: readonly number[];
  at: (value: number) => number;
  shown: (value: number) => string;
}

const round = (value: number): number => Math.round(value * 100) / 100;

function logScale(values: readonly number[], axis: Axis, from: number, to: number): Scale {
  const positive = values.filter((value) => value > 0);
  if (positive.length < values.length) throw new RangeError(`${axis.label}: no logarithm of 0 or less.`);
  const all = [...positive, ...(axis.ticks ?? [])];
  // Given ticks bound the axis; else whole powers of ten do.
  const bound = (value: number, toWhole: (power: number) => number) =>
    axis.ticks ? Math.log10(value) : toWhole(Math.log10(value) + 1e-9);
  const low = bound(Math.min(...all), Math.floor);
  const high = Math.max(bound(Math.max(...all) * 0.999, Math.ceil), low + 0.1);
  const powers = Array.from({ length: Math.round(high - low) + 1 }, (_, i) => 10 ** (low + i));
  const at = (value: number) => round(from + ((Math.log10(value) - low) / (high - low)) * (to - from));
  return { ticks: axis.ticks ?? powers, at, shown: axis.shown ?? short };
}

/** From values to places between `from` and `to`; without `log` the axis begins at 0. */
export function scaleOf(values: readonly number[], axis: Axis, from: number, to: number): Scale {
  if (axis.log) return logScale(values, axis, from, to);
  const ticks = axis.ticks ?? ticksTo(Math.max(0, ...values));
  const max = Math.max(ticks.at(-1) ?? 1, ...values);
  return { ticks, at: (value) => round(from + (value / max) * (to - from)), shown: axis.shown ?? short };
}

/** A card of its own colour: it can be read whatever the page around it is like, which a picture cannot know. */
const STYLE = `
:root{--card:#fff;--ink:#1b2330;--dim:#566173;--rule:#dde2ea;
--c0:#2f6fc7;--c1:#c2571a;--c2:#1a857c;--c3:#8a5ac2;--c4:#6f7412;--c5:#b3265e}
@media(prefers-color-scheme:dark){:root{--card:#161b22;--ink:#e4e9f1;--dim:#9aa6b8;--rule:#303947;
--c0:#6ea3f0;--c1:#e8924f;--c2:#4cc0b8;--c3:#b493e8;--c4:#bcc24a;--c5:#f07aa8}}
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--dim);font-variant-numeric:tabular-nums}
.card{fill:var(--card);stroke:var(--rule)}.title{font-size:15px;font-weight:600;fill:var(--ink)}.name{fill:var(--ink)}
.rule{stroke:var(--rule)}.line{fill:none;stroke:currentColor;stroke-width:2}.mark{fill:currentColor}
${Array.from({ length: COLOURS }, (_, i) => `.c${i}{color:var(--c${i})}`).join('')}`;

/** The class of a colour; there are six, told apart by their lightness too. */
export const colour = (index: number): string => `c${index % COLOURS}`;

/** About what a text of this many characters takes in the font of the plots. */
export const textWidth = (text: string): number => text.length * 6.6;

export const legend = (names: readonly string[], top: number): Html => {
  let left = 16;
  const keys = names.map((name, i) => {
    const key = html`<g class="${colour(i)}"
      ><rect class="mark" x="${left}" y="${top - 9}" width="10" height="10" rx="2" /><text
        class="name"
        x="${left + 15}"
        y="${top}"
        >${name}</text
      ></g
    >`;
    left += 15 + textWidth(name) + 18;
    return key;
  });
  return html`${keys}`;
};

/** A whole file. */
export function picture(title: string, height: number, content: Html): string {
  const { text } = html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${WIDTH} ${height}"
    width="${WIDTH}"
    height="${height}"
    role="img"
    aria-label="${title}"
  >
    <style>
      ${new Html(STYLE)}
    </style>
    <rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8" />
    <text class="title" x="16" y="26">${title}</text>
    ${content}
  </svg>`;
  return `${text}\n`;
}
