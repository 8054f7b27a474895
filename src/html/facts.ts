/** Facts of a page, in a `<dl class="facts">`. Pure. */
import { html, type Html } from './escape';

/** One of them; `note` is said below it, smaller. */
export function fact(name: string, value: string, note?: string): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}${note && html` <small>${note}</small>`}</dd>
  </div>`;
}
