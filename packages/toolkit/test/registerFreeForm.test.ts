import { wasm } from '@sinkhorn/backend-wasm';
import { describe, expect, it } from 'vitest';
import { bendDoubts } from '../src/registration/bendDoubts.js';
import { registerFreeForm } from '../src/registration/index.js';
import { shape, surface, uniform } from './registeredShapes.js';

const backend = await wasm({ threads: 1, precision: 'float64' });

describe('registerFreeForm', () => {
  it('bends one shape onto another, and points that are none of its own along', async () => {
    const bent = shape(100).map(([x, y, z]) => [x, y + 0.2 * Math.sin(3 * x), z]);
    const found = await registerFreeForm(shape(100), bent, { backend, samples: 80, rigid: false });
    expect(found.points).toHaveLength(300);
    let worst = 0;
    bent.flat().forEach((value, k) => {
      worst = Math.max(worst, Math.abs(found.points[k] - value));
    });
    expect(worst).toBeLessThan(0.1);
    expect(found.residual).toBeLessThan(2 * found.residualByChance);
    expect(found.doubts).toEqual([]);
    const again = await found.apply(shape(100));
    for (const [k, value] of again.entries()) expect(value).toBeCloseTo(found.points[k], 9);
  });
});

describe('a bend of another sample', () => {
  const rms = (values: readonly number[]) =>
    Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
  /** How far points are from the nearest of others, at the root of the mean square. */
  const spacing = (points: number[][], others: number[][]) =>
    rms(points.map((point) => Math.min(...others.map((other) => Math.hypot(...point.map((v, d) => v - other[d]))))));
  const bend = ([x, y, z]: number[]) => [
    x + 0.2 * Math.sin(1.5 * y),
    y + 0.25 * Math.cos(1.4 * x + z),
    z + 0.2 * x * y,
  ];

  it('is followed to about the distance of points, whole and with outliers', async () => {
    const next = uniform(5);
    const outliers = Array.from({ length: 40 }, () => [4 * next() - 2, 4 * next() - 2, 4 * next() - 2]);
    const source = surface(300, 1);
    const target = surface(280, 2).map(bend);
    const truth = source.map(bend);
    const before = rms(source.map((point, i) => Math.hypot(...point.map((v, d) => v - truth[i][d]))));
    for (const [more, reach] of [[[]], [outliers, 0.35]] as const) {
      const found = await registerFreeForm(source, [...target, ...more], { backend, rigid: false, reach });
      const off = rms(truth.map((point, i) => Math.hypot(...point.map((v, d) => v - found.points[3 * i + d]))));
      expect(off).toBeLessThan(1.2 * spacing(truth, target));
      expect(off).toBeLessThan(before / 2);
    }
  });
});

describe('a stiffness', () => {
  it('is told, and halved where clouds then lie on each other better', async () => {
    const line = Array.from({ length: 120 }, (_, i) => [i / 60, 0]);
    const waved = (waves: number) => line.map(([x]) => [x, 0.1 * Math.sin(waves * x)]);
    const options = { backend, rigid: false };
    const [slow, fast] = [
      await registerFreeForm(line, waved(1), options),
      await registerFreeForm(line, waved(8), options),
    ];
    expect(fast.stiffness).toBeLessThan(slow.stiffness / 1.9);
  });

  it('is refused where it would leave points uncovered', async () => {
    const options = { backend, rigid: false, stiffness: 0.02 };
    await expect(registerFreeForm(surface(400, 1), surface(300, 2), options)).rejects.toThrow(
      /stiffness is 0\.02: 150 Gaussians so narrow do not cover the source; give 0\.\d+ or more/,
    );
  });
});

describe('a bend so strong that points may slide', () => {
  it('is doubted', async () => {
    const bent = shape(60).map(([x, y, z]) => [x, y + 1.5 * Math.sin(3 * x), z]);
    const { doubts } = await registerFreeForm(shape(60), bent, { backend, rigid: false });
    expect(doubts).toContainEqual(expect.stringMatching(/^The bend moved points by .* may have slid/));
  });
});

describe('a bend that stretches neighbours', () => {
  const side = Array.from({ length: 15 }, (_, k) => k / 14);
  const points = Float64Array.from(side.flatMap((x) => side.flatMap((y) => [x, y])));
  const sheet = { points, weights: new Float64Array(225).fill(1 / 225), dimension: 2 };
  const far = { ...sheet, points: points.map((value) => value + 9) };
  /** What is said where a fifth of the sheet is stretched by a factor. */
  const doubtsOf = (factor: number) => {
    const to = points.map((value, k) => (k % 2 === 0 && value > 0.8 ? 0.8 + factor * (value - 0.8) : value + 0.05));
    return bendDoubts(sheet, to, 0, { target: far, spread: 0.6 });
  };

  it('is doubted where a tenth of them end more than twice as far apart', () => {
    expect(doubtsOf(3)).toEqual([expect.stringMatching(/^The bend brings a tenth of neighbouring points [2-3]/)]);
    expect(doubtsOf(1.4)).toEqual([]);
  });
});

describe('a bend along a thin curve', () => {
  it('is doubted where mass has far to go after it', async () => {
    const helix = Array.from({ length: 200 }, (_, i) => {
      const t = i / 199;
      return [Math.cos(9 * t) * (1 + t), Math.sin(9 * t) * (1 + t), 3 * t * t];
    });
    const bent = helix.map(([x, y, z]) => [
      x + 0.15 * Math.sin(2 * y),
      y + 0.15 * Math.sin(2 * z),
      z + 0.15 * Math.sin(2 * x),
    ]);
    const { residual, residualByChance, doubts } = await registerFreeForm(helix, bent, { backend });
    expect(residual).toBeGreaterThan(2 * residualByChance);
    expect(doubts).toContainEqual(expect.stringMatching(/^The residual is [\d.]+ times that of chance/));
  });
});

describe('a bend of clouds that lay on each other', () => {
  it('is doubted, as it follows how densely points lie', async () => {
    const source = surface(150, 1);
    const denser = surface(600, 2)
      .filter(([x], k) => x > 0 || k % 5 === 0)
      .slice(0, 150);
    const { points, residual, residualByChance, doubts } = await registerFreeForm(source, denser, {
      backend,
      rigid: false,
    });
    // Every point was where it belongs.
    const slid = Math.hypot(...source.flat().map((value, k) => value - points[k])) / Math.sqrt(150);
    expect(slid).toBeGreaterThan(0.2);
    expect(residual).toBeLessThan(residualByChance);
    expect(doubts).toContainEqual(expect.stringMatching(/the source lay on it before.*how densely points lie/));
  });
});
