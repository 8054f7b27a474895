/** The plots of benchmarks, as files. */
import { describe, expect, test } from 'vitest';
import { bars, lines } from '../bench/plot';

const numbersOf = (svg: string, tag: string, name: string): number[] =>
  [...svg.matchAll(new RegExp(`<${tag}[^>]*\\b${name}="([\\d.]+)"`, 'g'))].map(([, value]) => Number(value));

describe('lines', () => {
  const line = (points: [number, number][]) =>
    lines({ title: 'T', x: { label: 'x' }, y: { label: 'y' }, lines: [{ name: 'a', points }] });

  test('given twice the value -> twice the height above the axis, which begins at 0', () => {
    const [zero, one, two] = numbersOf(line([[0, 0], [1, 10], [2, 20]]), 'circle', 'cy'); // prettier-ignore
    expect(zero! - two!).toBeCloseTo(2 * (zero! - one!), 1);
  });

  test('given a logarithmic axis -> each power of ten is as far from the next; 0 is refused, not drawn somewhere', () => {
    const plot = (points: [number, number][]) =>
      lines({ title: 'T', x: { label: 'x', log: true }, y: { label: 'y' }, lines: [{ name: 'a', points }] });
    const [a, b, c] = numbersOf(plot([[10, 1], [100, 1], [1000, 1]]), 'circle', 'cx'); // prettier-ignore
    expect(b! - a!).toBeCloseTo(c! - b!, 1);
    expect(() => plot([[0, 1]])).toThrow('no logarithm of 0');
  });
});

describe('bars', () => {
  const plot = (values: (number | null)[]) =>
    bars({ title: 'T', value: { label: 's' }, series: ['a'], groups: values.map((v) => ({ name: 'g', values: [v] })) });

  test('given twice the value -> a bar of twice the width, its value behind it', () => {
    const svg = plot([5, 10]);
    const [one, two] = [...svg.matchAll(/class="mark"[^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect(two).toBeCloseTo(2 * one!, 1);
    expect(svg).toContain('>10</text');
  });

  test('given no value, or a name with markup -> a dash, and text', () => {
    const svg = bars({
      title: '<b>',
      value: { label: 's' },
      series: ['a'],
      groups: [{ name: 'x&<i>', values: [null] }],
    });
    expect(svg).toContain('>-</text');
    expect(svg).toContain('x&amp;&lt;i&gt;');
    expect(svg).not.toMatch(/<[bi]>/);
  });
});
