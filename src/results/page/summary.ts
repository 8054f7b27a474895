/** The upper part of a batch's page: what became of it, what it took, and plots. */
import { OUTCOMES, type BatchResult } from '../../contracts';
import { bars, duration, fact, histogram, html, lines, quantile, short, stackedBar, type Html } from '../../html';
import { endedOver, type Figures } from './figures';

/** What a page is made of, besides the records. */
export interface PageFacts {
  result: BatchResult;
  madeAt: Date;
}

const count = (value: number): string => value.toLocaleString('en-US');

function factsOf({ result }: PageFacts, { seconds }: Figures): Html {
  const { total, counts, usage, costUsd, pricesAsOf, retries } = result;
  const completed = counts.completed ?? 0;
  const sum = (pick: (one: (typeof usage)[string]) => number) =>
    Object.values(usage)
      .map(pick)
      .reduce((a, b) => a + b, 0);
  const [cached, reasoning, unknown] = [sum((u) => u.cachedInput), sum((u) => u.reasoning), sum((u) => u.unknown)];
  const sorted = [...seconds].sort((a, b) => a - b);
  const pricing = [pricesAsOf && `prices of ${pricesAsOf}`, unknown > 0 && `without ${count(unknown)} unknown`];
  return html`<dl class="facts">
    ${fact('Completed', count(completed), `of ${count(total)}: ${((completed / Math.max(1, total)) * 100).toFixed(1)} %`)}
    ${fact('Duration', duration(result.seconds))}
    ${sorted.length > 0 && fact('A task took', duration(quantile(sorted, 0.5)), `95 % within ${duration(quantile(sorted, 0.95))}`)}
    ${fact('Input tokens', count(sum((u) => u.input)), cached > 0 ? `${count(cached)} cached` : undefined)}
    ${fact('Output tokens', count(sum((u) => u.output)), reasoning > 0 ? `${count(reasoning)} reasoning` : undefined)}
    ${costUsd !== null && fact('Cost', `$${costUsd.toFixed(costUsd < 1 ? 4 : 2)}`, pricing.filter(Boolean).join(', '))}
    ${retries > 0 && fact('Created again', count(retries), 'failed upstream')}
  </dl>`;
}

function warningsOf({ reason, notStarted, lostPages }: BatchResult): Html {
  const said = [
    reason && `Stopped: ${reason}`,
    notStarted > 0 && `${count(notStarted)} items were never started.`,
    lostPages.length > 0 && `Pages ${lostPages.map((page) => page + 1).join(', ')} were lost.`,
  ];
  return html`${said.map((line) => line && html`<p>${line}</p>`)}`;
}

/** Name, outcome, numbers. */
export function headerOf(facts: PageFacts, figures: Figures): Html {
  const { result, madeAt } = facts;
  const parts = OUTCOMES.map((name) => ({ name, value: result.counts[name] ?? 0, className: name }));
  return html`<header>
    <h1>${result.batchId}</h1>
    <p class="dim">
      Batch ${result.status}${result.retryOf && html`, retry of ${result.retryOf}`}; page made
      ${madeAt.toISOString().slice(0, 16).replace('T', ' ')} UTC
    </p>
    ${warningsOf(result)}${stackedBar(parts, 'Items by outcome')}${factsOf(facts, figures)}
  </header>`;
}

function timeLine({ ended, startMs }: Figures): Html | null {
  if (ended.length === 0) return null;
  const spanSeconds = ended.reduce((max, { atMs }) => Math.max(max, atMs - startMs), 0) / 1000;
  const [unit, by] =
    spanSeconds > 7200
      ? (['hours', 3600] as const)
      : spanSeconds > 300
        ? (['minutes', 60] as const)
        : (['seconds', 1] as const);
  const line = (name: string, className: string, wanted: boolean) => {
    const times = ended.filter(({ completed }) => completed === wanted).map(({ atMs }) => atMs);
    const points = endedOver(times, startMs).map(([x, y]) => [x / by, y] as const);
    // Both reach the end of the plot.
    return { name, className, points: [...points, [spanSeconds / by, times.length] as const] };
  };
  const all = [line('completed', 'completed', true), line('ended otherwise', 'failed', false)];
  return lines(
    all.filter(({ points }) => (points.at(-1)?.[1] ?? 0) > 0),
    {
      title: 'Ended over time',
      xLabel: `${unit} after the first start`,
      yLabel: 'tasks',
    },
  );
}

const MODEL_CLASSES = ['c0', 'c1', 'c2', 'c3', 'c4'];

/** Tokens by model, and the plots. */
export function plotsOf({ result }: PageFacts, figures: Figures): Html {
  const models = Object.entries(result.usage).sort(([, a], [, b]) => b.input + b.output - a.input - a.output);
  const rows = models.map(([name, { input, output, responses, unknown }], i) => ({
    name,
    value: input + output,
    className: MODEL_CLASSES[i % MODEL_CLASSES.length] ?? 'c0',
    note: `tokens: ${short(input)} in, ${short(output)} out, ${count(responses)} responses${unknown > 0 ? `, not known for ${count(unknown)}` : ''}`,
  }));
  const plots = [
    figures.seconds.length > 0 &&
      histogram(figures.seconds, { title: 'Time from start to end', xLabel: 'seconds', yLabel: 'tasks' }),
    figures.outputTokens.length > 0 &&
      histogram(figures.outputTokens, { title: 'Output tokens of a task', xLabel: 'tokens', yLabel: 'tasks' }),
    timeLine(figures),
  ];
  return html`${
    rows.length > 0 &&
    html`<section>
      <h2>Tokens by model</h2>
      ${bars(rows, 'Tokens by model')}
    </section>`
  }
  ${plots.some(Boolean) && html`<section class="plots">${plots}</section>`}`;
}
