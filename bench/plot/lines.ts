/** Values over something else, as lines with a mark at each value. Pure. */
import { html, type Html } from '../../src/html';
import { colour, legend, picture, scaleOf, WIDTH, type Area, type Axis, type Scale } from './frame';

export interface Line {
  name: string;
  /** x and y, from left to right. */
  points: readonly (readonly [number, number])[];
}

export interface LinesPlot {
  title: string;
  x: Axis;
  y: Axis;
  lines: readonly Line[];
}

const HEIGHT = 380;
const AREA: Area = { left: 64, right: WIDTH - 28, top: 84, bottom: HEIGHT - 50 };

function axes(x: Scale, y: Scale, plot: LinesPlot): Html {
  const { left, right, top, bottom } = AREA;
  return html`<text x="16" y="${top - 12}">${plot.y.label}</text>
    ${y.ticks.map(
      (tick) =>
        html`<line class="rule" x1="${left}" x2="${right}" y1="${y.at(tick)}" y2="${y.at(tick)}" /><text
            x="${left - 8}"
            y="${y.at(tick) + 4}"
            text-anchor="end"
            >${y.shown(tick)}</text
          >`,
    )}
    ${x.ticks.map(
      (tick) =>
        html`<line class="rule" x1="${x.at(tick)}" x2="${x.at(tick)}" y1="${bottom}" y2="${bottom + 5}" /><text
            x="${x.at(tick)}"
            y="${bottom + 19}"
            text-anchor="middle"
            >${x.shown(tick)}</text
          >`,
    )}
    <text x="${(left + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${plot.x.label}</text>`;
}

function drawn({ name, points }: Line, index: number, x: Scale, y: Scale): Html {
  const path = points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${x.at(px)} ${y.at(py)}`).join('');
  const marks = points.map(
    ([px, py]) =>
      html`<circle class="mark" cx="${x.at(px)}" cy="${y.at(py)}" r="3.5"
        ><title>${`${name}, ${x.shown(px)}: ${y.shown(py)}`}</title></circle
      >`,
  );
  return html`<g class="${colour(index)}"><path class="line" d="${path}" />${marks}</g>`;
}

/** An SVG file. @throws RangeError for a value that a logarithmic axis cannot show. */
export function lines(plot: LinesPlot): string {
  const all = plot.lines.flatMap(({ points }) => points);
  const xs = all.map(([px]) => px);
  const ys = all.map(([, py]) => py);
  const x = scaleOf(xs, plot.x, AREA.left + 12, AREA.right - 12);
  const y = scaleOf(ys, plot.y, AREA.bottom, AREA.top);
  const names = plot.lines.map(({ name }) => name);
  const content = html`${legend(names, 50)}${axes(x, y, plot)}${plot.lines.map((line, i) => drawn(line, i, x, y))}`;
  return picture(plot.title, HEIGHT, content);
}
