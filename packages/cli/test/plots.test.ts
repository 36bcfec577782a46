import { DOMParser } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { fitting } from '../src/plots/fitting.js';
import { flowPainter } from '../src/plots/flowFrame.js';
import { lossCurve } from '../src/plots/lossCurve.js';
import { permutationPlot } from '../src/plots/permutationPlot.js';
import { projectionOf } from '../src/plots/projection.js';
import type { ThemeName } from '../src/plots/theme.js';
import { transportPlot } from '../src/plots/transportPlot.js';

function cloud(count: number, dimension: number, shift = 0): Float64Array {
  return Float64Array.from({ length: count * dimension }, (_, k) => Math.sin(k * k + 1) + shift);
}

function columnsOf(dimension: number): string[] {
  return Array.from({ length: dimension }, (_, d) => `c${d}`);
}

/** The document, after the checks that hold for every picture: tags that match, and no number that is none. */
function parse(svg: string) {
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  const open: string[] = [];
  for (const [, close, name, selfClosing] of svg.matchAll(/<(\/?)([a-zA-Z]+)[^<>]*?(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!selfClosing) open.push(name);
  }
  expect(open).toEqual([]);
  expect(svg.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]/);
  return new DOMParser().parseFromString(svg, 'image/svg+xml');
}

describe('text that has to fit', () => {
  it('keeps both ends of what is too long, and all of what is not', () => {
    expect(fitting('short.csv', 200, 13)).toBe('short.csv');
    const long = `begin ${'x'.repeat(400)} end`;
    const cut = fitting(long, 300, 12);
    expect(cut).toMatch(/^begin x+…x+ end$/);
    expect(cut.length * 12 * 0.56).toBeLessThanOrEqual(300);
    expect(cut.length * 12 * 0.56).toBeGreaterThan(270);
    expect([...fitting('日'.repeat(100), 300, 12)].length).toBeLessThan([...cut].length * 0.6);
  });

  it('leaves no label outside a picture, however long titles, names of files and columns are', () => {
    const long = 'a name that goes on and on, '.repeat(20);
    for (const dimension of [1, 2, 3, 5]) {
      const points = cloud(20, dimension);
      const columns = columnsOf(dimension).map((name) => name + long);
      const clouds = { a: { name: long, points }, b: { name: long, points }, targets: points };
      for (const sources of [undefined, points]) {
        const svg = transportPlot({ title: long, subtitle: long, columns, ...clouds, sources, meaning: 'where' });
        for (const text of parse(svg).querySelectorAll('text')) {
          const size = Number(text.getAttribute('font-size') ?? 12);
          const width = (text.textContent?.length ?? 0) * size * 0.55;
          const anchor = text.getAttribute('text-anchor') ?? 'start';
          const from = Number(text.getAttribute('x')) - { start: 0, middle: width / 2, end: width }[anchor as 'end'];
          expect(from, text.textContent ?? '').toBeGreaterThanOrEqual(0);
          expect(from + width, text.textContent ?? '').toBeLessThanOrEqual(1200);
        }
      }
    }
  });
});

describe('a theme', () => {
  it('lets far points sink into its own background', () => {
    const points = cloud(60, 3);
    const clouds = { a: { name: 'a', points }, b: { name: 'b', points }, targets: points };
    const lightest = (theme: ThemeName) => {
      const svg = transportPlot({ title: '', subtitle: '', meaning: '', columns: columnsOf(3), ...clouds, theme });
      const fills = [...svg.matchAll(/<circle[^>]* fill="(#[0-9a-f]{6})"/g)].map(([, fill]) =>
        [1, 3, 5].reduce((sum, at) => sum + Number.parseInt(fill.slice(at, at + 2), 16), 0),
      );
      return [Math.min(...fills), Math.max(...fills)];
    };
    expect(lightest('dark')[0]).toBeLessThan(200);
    expect(lightest('print')[0]).toBeGreaterThan(250);
    expect(lightest('print')[1]).toBeGreaterThan(600);
  });
});

describe('transportPlot', () => {
  it.each([1, 2, 3, 4, 7])('draws every point in %i dimensions', (dimension) => {
    const [a, b] = [cloud(30, dimension), cloud(40, dimension, 1)];
    const svg = transportPlot({
      title: 'A <&> "B"',
      subtitle: 'value 1',
      columns: columnsOf(dimension),
      a: { name: 'a.csv', points: a, weights: cloud(30, 1).map(Math.abs) },
      b: { name: 'b.csv', points: b },
      targets: cloud(30, dimension, 1),
      sources: cloud(40, dimension),
      meaning: 'where it goes',
    });
    const document = parse(svg);
    expect(document.querySelector('text')?.textContent).toBe('A <&> "B"');
    expect(document.querySelectorAll('circle').length).toBeGreaterThanOrEqual(70);
    expect(document.querySelectorAll('path').length).toBeGreaterThanOrEqual(30);
  });

  it('names the coordinates of a picture of space, and the projection', () => {
    const [a, b] = [cloud(20, 3), cloud(20, 3, 1)];
    const clouds = { a: { name: 'a', points: a }, b: { name: 'b', points: b }, targets: b };
    const labels = { title: '', subtitle: '', meaning: '', columns: ['east', 'up', 'south'] };
    for (const sources of [undefined, a]) {
      const texts = [...parse(transportPlot({ ...labels, ...clouds, sources })).querySelectorAll('text')];
      const words = texts.map(({ textContent }) => textContent);
      expect(words).toEqual(expect.arrayContaining(['east', 'up', 'south']));
      expect(words.join()).toContain('parallel projection');
      const place = (name: string) => Number(texts.find(({ textContent }) => textContent === name)?.getAttribute('y'));
      expect(place('up')).toBeLessThan(place('east'));
    }
  });

  it('writes large and small numbers at axes with prefixes', () => {
    const points = Float64Array.of(0, 1e-5, 2e4, 3e-5, 5e4, 6e-5);
    const cloudOf = { name: 'a', points };
    const labels = { title: '', subtitle: '', meaning: '', columns: ['income', 'length'] };
    const words = [
      ...parse(transportPlot({ ...labels, a: cloudOf, b: cloudOf, targets: points })).querySelectorAll('text'),
    ].map(({ textContent }) => textContent);
    expect(words).toEqual(expect.arrayContaining(['0', '20k', '40k', '20µ', '40µ']));
    expect(words).not.toEqual(expect.arrayContaining(['0k']));
  });

  it.each([2, 3])('stays below 2 MB with many points in %i dimensions', (dimension) => {
    const many = cloud(100_000, dimension);
    const picture = {
      title: '',
      subtitle: '',
      columns: columnsOf(dimension),
      meaning: '',
      targets: many,
      sources: many,
    };
    const svg = transportPlot({ ...picture, a: { name: 'a', points: many }, b: { name: 'b', points: many } });
    expect(svg.length).toBeLessThan(2e6);
  });

  it('takes coordinates that differ by rounding alone for one place', () => {
    const clouds = {
      a: { name: 'A', points: [3, 4] },
      b: { name: 'B', points: [3, 4, 3, 4] },
      targets: [3 + 4e-16, 4],
    };
    const svg = transportPlot({ title: 't', subtitle: 's', columns: ['x', 'y'], ...clouds, meaning: 'where' });
    const labels = Array.from<{ readonly textContent: string | null }>(parse(svg).querySelectorAll('text')).map(
      ({ textContent }) => textContent ?? '',
    );
    for (const label of labels) expect(label).not.toMatch(/\d\.\d{6}/);
    expect(labels).toContain('3.0');
  });

  it.each([1, 2, 3, 5])('draws clouds that are one single point in %i dimensions', (dimension) => {
    const one = new Float64Array(2 * dimension).fill(3);
    parse(
      transportPlot({
        title: '',
        subtitle: '',
        columns: columnsOf(dimension),
        meaning: '',
        targets: one,
        a: { name: 'a', points: one },
        b: { name: 'b', points: one },
      }),
    );
  });
});

describe('projectionOf', () => {
  it('finds the plane in which points of many dimensions lie', () => {
    const plane = [0.6, 0.8, 0, 0, 0];
    const points = Float64Array.from(
      { length: 500 },
      (_, k) => Math.sin(Math.floor(k / 5)) * plane[k % 5] + (k % 5 === 4 ? 0.1 * Math.cos(Math.floor(k / 5)) : 0),
    );
    const { x, y } = projectionOf([points], columnsOf(5)).project(points);
    const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const expected = Float64Array.from({ length: 100 }, (_, i) => Math.sin(i));
    for (let i = 0; i < 100; i++) expect(x[i]).toBeCloseTo(expected[i] - mean(expected), 1);
    expect(Math.max(...y.map(Math.abs))).toBeLessThan(0.2);
  });

  it('finds the line of points that have more coordinates than there is room for their covariances', () => {
    const dimension = 30_000;
    const points = Float64Array.from({ length: 3 * dimension }, (_, k) => Math.floor(k / dimension) ** 2 * (k % 2));
    const { axes, project } = projectionOf([points], columnsOf(dimension));
    const { x, y } = project(points);
    expect(axes).toEqual(['first principal axis (100 % of the variance)', 'second principal axis (0 %)']);
    // Each point is the one before it, moved along (0, 1, 0, 1, ...) by 1 and by 3.
    expect(Math.abs(x[1] - x[0])).toBeCloseTo(Math.sqrt(dimension / 2), 6);
    expect(Math.abs(x[2] - x[0])).toBeCloseTo(4 * Math.sqrt(dimension / 2), 6);
    expect(Math.max(...y.map((value) => Math.abs(value - y[0])))).toBeLessThan(1e-6);
  });

  it('keeps up up and lengths true in three dimensions', () => {
    const { x, y, depth } = projectionOf([], columnsOf(3)).project([0, 1, 0, 1, 0, 0, 0, 0, 1]);
    expect(y[0]).toBeGreaterThan(0.9);
    expect(depth[2]).toBeGreaterThan(0.8);
    for (let i = 0; i < 3; i++) expect(Math.hypot(x[i], y[i], depth[i])).toBeCloseTo(1, 12);
  });
});

describe('charts', () => {
  it('draws the values of a permutation test', () => {
    const document = parse(permutationPlot({ title: 'drift', subtitle: 'p', observed: 2, permuted: cloud(200, 1) }));
    const large = permutationPlot({
      title: '',
      subtitle: '',
      observed: 3e10,
      permuted: cloud(200, 1).map((v) => v * 1e10),
    });
    expect(parse(large).querySelector('svg')?.textContent).toMatch(/30G/);
    expect(large).not.toMatch(/000,000/);
    expect(document.querySelectorAll('rect').length).toBeGreaterThan(10);
    expect(document.documentElement.textContent).toContain('observed 2');
  });

  it.each([{ values: [1, 0.1, 0.01] }, { values: [1, 0, -0.1] }])('draws the curve of $values', ({ values }) => {
    expect(parse(lossCurve({ title: 'loss', subtitle: '', values })).querySelectorAll('circle')).toHaveLength(3);
  });

  it.each([1, 2, 3, 6])('draws a frame of a flow in %i dimensions', (dimension) => {
    const [start, target] = [cloud(20, dimension), cloud(25, dimension, 2)];
    const paint = flowPainter({ columns: columnsOf(dimension), start, target });
    const [first, second] = [
      paint(start, 'flow', 'step 0'),
      paint(target.subarray(0, start.length), 'flow', 'step 1'),
    ].map(parse);
    expect(first.querySelectorAll('circle')).toHaveLength(45);
    expect(second.querySelectorAll('circle')).toHaveLength(45);
  });
});
