/** Scales, ticks and numbers of plots. Pure. */
import { html, type Html } from './escape';

/** Where a plot's content is, in its own units. */
export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export const WIDTH = 400;
export const HEIGHT = 210;
export const BOX: Box = { left: 44, right: WIDTH - 14, top: 28, bottom: HEIGHT - 38 };

/** Round steps (1, 2, 5 and their tens) from 0 to at least `max`; at most about `wanted` of them. */
export function ticksTo(max: number, wanted = 5): number[] {
  if (!(max > 0) || !Number.isFinite(max)) return [0, 1];
  const rough = max / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const steps = Math.ceil(max / step - 1e-9);
  return Array.from({ length: steps + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** `0.25`, `1,234`, `12.3k`, `1.23M`. */
export function short(value: number): string {
  if (Math.abs(value) >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (Math.abs(value) >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return Number(value.toPrecision(6)).toLocaleString('en-US', { maximumFractionDigits: 3 });
}

/** From a value between 0 and `max` to a place between `from` and `to`. */
export const scale = (max: number, from: number, to: number) => (value: number) =>
  Math.round((from + (value / (max || 1)) * (to - from)) * 100) / 100;

/** Lines and numbers of both axes. */
export function axes(xTicks: number[], yTicks: number[], labels: { x: string; y: string }): Html {
  const x = scale(xTicks.at(-1) ?? 1, BOX.left, BOX.right);
  const y = scale(yTicks.at(-1) ?? 1, BOX.bottom, BOX.top);
  return html`<g class="axis">
    ${yTicks.map(
      (tick) =>
        html`<line x1="${BOX.left}" x2="${BOX.right}" y1="${y(tick)}" y2="${y(tick)}" /><text
            x="${BOX.left - 6}"
            y="${y(tick) + 4}"
            text-anchor="end"
            >${short(tick)}</text
          >`,
    )}
    ${xTicks.map(
      (tick, i) =>
        html`<text x="${x(tick)}" y="${BOX.bottom + 16}" text-anchor="${i < xTicks.length - 1 ? 'middle' : 'end'}"
          >${short(tick)}</text
        >`,
    )}
    <text x="${(BOX.left + BOX.right) / 2}" y="${HEIGHT - 6}" text-anchor="middle" class="label">${labels.x}</text>
    <text x="4" y="12" class="label">${labels.y}</text>
  </g>`;
}

/** The frame of a plot; `summary` is said below it, and to those who do not see it. */
export function figure(title: string, summary: string, content: Html): Html {
  return html`<figure class="plot">
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${`${title}: ${summary}`}">${content}</svg>
    <p class="dim">${summary}</p>
  </figure>`;
}
