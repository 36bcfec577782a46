import { cpu } from '@sinkhorn/backend-cpu';
import { matrixTransport, sinkhornDivergence } from 'sinkhorn';
import { describe, expect, it } from 'vitest';

/** Three clusters far from each other, in turn; `tilt` of the mass of the second one belongs to the first. */
function clusters(count: number, phase: number, tilt: number) {
  const centres = [0, 3, -4];
  const points = Float64Array.from({ length: 3 * count }, (_, k) => {
    const cluster = Math.floor(k / 3) % 3;
    return centres[cluster] * (k % 3 === 0 ? 1 : 0.3) + 0.05 * Math.sin(11 * k + phase);
  });
  const weights = Float64Array.from({ length: count }, (_, i) => (3 / count) * (1 / 3 + [tilt, -tilt, 0][i % 3]));
  return { points, dimension: 3, weights };
}

describe('mass that has to change clusters', () => {
  it('leaves the level of potentials open where sweeps do not move it', async () => {
    const [x, y] = [clusters(21, 0, 1e-9), clusters(9, 1, -1e-9)];
    const solve = (method: 'alternating' | 'newton') =>
      sinkhornDivergence({ backend: cpu(), p: 1, blur: 0.05, debias: false, method }).valueAndGradients(x, y);
    const [swept, truth] = [await solve('alternating'), await solve('newton')];
    const centred = (values: Float64Array) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return values.map((value) => value - mean);
    };
    const [found, known] = [swept, truth].map(({ x: { weights } }) => centred(weights));
    const error = Math.hypot(...found.map((value, i) => value - known[i])) / Math.hypot(...known);
    expect(error).toBeGreaterThan(1e-2);
    expect(swept.diagnostics.weightsError).toBeGreaterThan(error / 2);
  });
});

describe('mass that has to change clusters, of more pairs than Newton takes at once', () => {
  /** Three clusters in a row, 16 temperatures from one to the next; `tilt` of the second one's mass belongs to the first. */
  function row(count: number, phase: number, tilt: number) {
    const [clusters, way, spread] = [3, 1.6, 0.16];
    const points = Float64Array.from({ length: 2 * count }, (_, k) => {
      const along = k % 2 === 0 ? way * (Math.floor(k / 2) % clusters) : 0;
      return along + spread * Math.sin(11 * k * k + phase + k);
    });
    const weights = Float64Array.from({ length: count }, (_, i) => (1 + [tilt, -tilt, 0][i % clusters]) / count);
    return { points, dimension: 2, weights };
  }

  it('is found, or told to be missing', async () => {
    const [x, y] = [row(330, 0, 1e-5), row(330, 1, -1e-5)];
    const solve = (method: 'auto' | 'newton') =>
      sinkhornDivergence({ backend: cpu(), p: 1, blur: 0.1, method }).solve(x, y);
    const [found, truth] = [await solve('auto'), await solve('newton')];
    expect(x.weights.length * y.weights.length).toBeGreaterThan(1e5);
    expect(truth.diagnostics.valueError).toBeLessThan(1e-9);
    const error = Math.abs(found.value - truth.value) / truth.value;
    expect(error).toBeLessThan(2 * found.diagnostics.valueError);
  });
});

describe('masses other than 1', () => {
  it.each([1e-3, 7.3, 278])('cost a value no digits at a wide blur: %s', async (mass) => {
    const cloud = (shift: number, of: number) => ({
      points: Float64Array.from({ length: 20 }, (_, k) => Math.sin(3 * k) + shift),
      dimension: 2,
      weights: new Float64Array(10).fill(of / 10),
    });
    const loss = sinkhornDivergence({ backend: cpu(), blur: 1e4 });
    const [one, many] = [
      await loss.value(cloud(0, 1), cloud(0.5, 1)),
      await loss.value(cloud(0, mass), cloud(0.5, mass)),
    ];
    expect(Math.abs(many / mass / one - 1)).toBeLessThan(1e-12);
  });
});

describe('gradients in the weights of a matrix', () => {
  const frozen = { matrix: [0, 0.1, 9, 9, 0.2, 0, 9, 9, 9, 9, 0, 0.1, 9, 9, 0.3, 0], shape: [4, 4] };

  it('have an error, which is large between parts that exchange no mass', async () => {
    const at = async (blur: number) => matrixTransport({ backend: cpu(), cost: frozen, blur }).solve();
    expect((await at(0.01)).diagnostics.weightsError).toBeGreaterThan(0.1);
    const { weightsError } = (await at(3)).diagnostics;
    expect(weightsError).toBeGreaterThan(0);
    expect(weightsError).toBeLessThan(1e-9);
  });

  it('count how slowly penalties bring their level about', async () => {
    const solve = (method: number) =>
      matrixTransport({
        backend: cpu(),
        cost: frozen,
        blur: 0.5,
        penalty: { kind: 'hellinger', strength: 1e4 },
        tolerance: method,
      }).solve([0.1, 0.4, 0.3, 0.2], [0.2, 0.3, 0.3, 0.3]);
    const [coarse, fine] = [await solve(1e-6), await solve(1e-14)];
    const difference = (side: 'x' | 'y') => {
      const [one, two] = [coarse.gradients[side], fine.gradients[side]];
      return Math.hypot(...one.map((value, i) => value - two[i])) / Math.hypot(...two);
    };
    const { weightsError = 0 } = coarse.diagnostics;
    expect(Math.max(difference('x'), difference('y'))).toBeLessThan(2 * weightsError);
  });
});
