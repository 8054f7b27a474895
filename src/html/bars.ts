/** Parts of a whole, and values beside each other, as bars. Pure. */
import { short } from './axis';
import { html, type Html } from './escape';

export interface Part {
  name: string;
  value: number;
  /** Its colour, as a class of the style. */
  className: string;
}

/** One bar of all parts, and a legend with their numbers. */
export function stackedBar(parts: readonly Part[], title: string): Html {
  const shown = parts.filter(({ value }) => value > 0);
  const total = shown.reduce((sum, { value }) => sum + value, 0);
  const summary = shown.map(({ name, value }) => `${name} ${value}`).join(', ');
  let at = 0;
  const rects = shown.map(({ name, value, className }) => {
    const width = (value / total) * 1000;
    const rect = html`<rect class="${className}" x="${at.toFixed(2)}" width="${width.toFixed(2)}" height="20">
      <title>${name}: ${value}</title>
    </rect>`;
    at += width;
    return rect;
  });
  const legend = shown.map(
    ({ name, value, className }) =>
      html`<li><i class="dot ${className}"></i>${name} <b>${value.toLocaleString('en-US')}</b></li>`,
  );
  return html`<svg
      class="stack"
      viewBox="0 0 1000 20"
      preserveAspectRatio="none"
      role="img"
      aria-label="${`${title}: ${summary}`}"
    >
      ${rects}
    </svg>
    <ul class="legend">
      ${legend}
    </ul>`;
}

/** Named values, each a bar from the left; `note` is said beside it. */
export function bars(rows: readonly (Part & { note?: string })[], title: string): Html {
  const max = Math.max(1, ...rows.map(({ value }) => value));
  const row = ({ name, value, className, note }: Part & { note?: string }) =>
    html`<div class="bar-name">${name}</div>
      <div class="bar-track">
        <div class="bar ${className}" style="width:${((value / max) * 100).toFixed(2)}%"></div>
      </div>
      <div class="bar-note">${short(value)}${note && ` ${note}`}</div>`;
  return html`<div class="bars" role="group" aria-label="${title}">${rows.map(row)}</div>`;
}
