import type { GPU, IGPUKernelSettings } from 'gpu.js';

/** A softmin of a cloud: x_i -> -eps log sum_j exp(h_j - |x_i - y_j|^2 / (2 eps)). */
export type NaiveSoftmin = (x: Float32Array, y: Float32Array, h: Float32Array, epsilon: number) => Float32Array;

/**
 * The kernel that one would write with gpu.js, in three dimensions: the largest score first, then the sum. It is text, as
 * functions do not survive minification, and has the bound of loops raised, without which it would end after 1000
 * columns; gpu.js declares the counters of both loops in one scope, hence their names.
 */
export function naiveSoftmin(gpu: GPU, rows: number, columns: number): NaiveSoftmin {
  const source = `function softmin(x, y, h, count, epsilon) {
    const i = 3 * this.thread.x;
    const x0 = x[i];
    const x1 = x[i + 1];
    const x2 = x[i + 2];
    let largest = -1e30;
    for (let j = 0; j < count; j++) {
      const d0 = x0 - y[3 * j];
      const d1 = x1 - y[3 * j + 1];
      const d2 = x2 - y[3 * j + 2];
      largest = Math.max(largest, h[j] - (d0 * d0 + d1 * d1 + d2 * d2) / (2 * epsilon));
    }
    let total = 0;
    for (let k = 0; k < count; k++) {
      const e0 = x0 - y[3 * k];
      const e1 = x1 - y[3 * k + 1];
      const e2 = x2 - y[3 * k + 2];
      total += Math.exp(h[k] - (e0 * e0 + e1 * e1 + e2 * e2) / (2 * epsilon) - largest);
    }
    return -epsilon * (largest + Math.log(total));
  }`;
  // Its types know no bound of loops.
  const settings: IGPUKernelSettings & { loopMaxIterations: number } = {
    output: [rows],
    argumentTypes: { x: 'Array', y: 'Array', h: 'Array', count: 'Integer', epsilon: 'Float' },
    precision: 'single',
    tactic: 'precision',
    loopMaxIterations: columns,
  };
  const kernel = gpu.createKernel(source, settings);
  return (x, y, h, epsilon) => kernel(x, y, h, columns, epsilon) as Float32Array;
}

/** The Sinkhorn divergence along a schedule of temperatures, p = 2, uniform weights: every softmin is read back. */
export function naiveDivergence(gpu: GPU, x: Float32Array, y: Float32Array, epsilons: readonly number[]): number {
  const clouds = { x, y };
  const sizes = { x: x.length / 3, y: y.length / 3 };
  const chains = [
    { rows: 'x', columns: 'y', partner: 1 },
    { rows: 'y', columns: 'x', partner: 0 },
    { rows: 'x', columns: 'x', partner: 2 },
    { rows: 'y', columns: 'y', partner: 3 },
  ] as const;
  const kernels = chains.map(({ rows, columns }) => naiveSoftmin(gpu, sizes[rows], sizes[columns]));
  const softmins = (potentials: readonly Float32Array[], epsilon: number) =>
    chains.map(({ rows, columns, partner }, k) => {
      const logWeight = -Math.log(sizes[columns]);
      const h = potentials[partner].map((value) => logWeight + value / epsilon);
      return kernels[k](clouds[rows], clouds[columns], h, epsilon);
    });
  let potentials = softmins(
    chains.map(({ rows }) => new Float32Array(sizes[rows])),
    epsilons[0],
  );
  for (const epsilon of epsilons) {
    const next = softmins(potentials, epsilon);
    potentials = potentials.map((old, k) => old.map((value, i) => (value + next[k][i]) / 2));
  }
  const [f, g, selfF, selfG] = softmins(potentials, epsilons[epsilons.length - 1]);
  const mean = (one: Float32Array, other: Float32Array) =>
    one.reduce((sum, value, i) => sum + (value - other[i]), 0) / one.length;
  return mean(f, selfF) + mean(g, selfG);
}
