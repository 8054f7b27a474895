/** Values over something else, as lines. Pure. */
import { axes, BOX, figure, scale, short, ticksTo } from './axis';
import { html, type Html } from './escape';

export interface Line {
  name: string;
  /** Its colour, as a class of the style. */
  className: string;
  /** x and y, from left to right. */
  points: readonly (readonly [number, number])[];
}

export interface LinesOptions {
  title: string;
  xLabel: string;
  yLabel: string;
}

/** Lines in steps: a value holds until the next point. */
export function lines(all: readonly Line[], { title, xLabel, yLabel }: LinesOptions): Html {
  const largest = (axis: 0 | 1) => all.reduce((max, { points }) => Math.max(max, points.at(-1)?.[axis] ?? 0), 0);
  const [xTicks, yTicks] = [ticksTo(largest(0)), ticksTo(largest(1), 4).filter(Number.isInteger)];
  const x = scale(xTicks.at(-1) ?? 1, BOX.left, BOX.right);
  const y = scale(yTicks.at(-1) ?? 1, BOX.bottom, BOX.top);
  const path = ({ points }: Line) =>
    points.map(([px, py], i) => (i === 0 ? `M${x(px)} ${y(py)}` : `H${x(px)}V${y(py)}`)).join('');
  const drawn = all.map((line) => html`<path class="line ${line.className}" d="${path(line)}" />`);
  const legend = all.map(
    (line, i) =>
      html`<g class="${line.className}"
        ><rect class="key" x="${BOX.left + 10}" y="${BOX.top + 6 + i * 16}" width="10" height="10" /><text
          x="${BOX.left + 26}"
          y="${BOX.top + 15 + i * 16}"
          >${line.name}</text
        ></g
      >`,
  );
  const summary = all.map(({ name, points }) => `${name} ${short(points.at(-1)?.[1] ?? 0)}`).join(', ');
  return figure(title, summary, html`${axes(xTicks, yTicks, { x: xLabel, y: yLabel })}${drawn}${legend}`);
}
