import { wasm } from '@sinkhorn/backend-wasm';
import { webgpu } from '@sinkhorn/backend-webgpu';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { expect, test } from 'vitest';

// Temperatures far below the costs: potentials have few digits beyond them in float32.

function cloud(count: number, shift: number) {
  const points = new Float32Array(3 * count);
  for (let k = 0; k < count; k++) {
    points.set(
      [(k * 0.618034 + shift) % 1, (k * 0.754878 + 2 * shift) % 1, ((k * 0.56984 + shift) % 1) + shift],
      3 * k,
    );
  }
  return { points, dimension: 3 };
}

test.each([
  { p: 2, part: 0.1, within: 1e-4 },
  { p: 2, part: 0.01, within: 1e-4 },
  { p: 2, part: 0.001, within: 1e-3 },
  { p: 1, part: 0.1, within: 1e-4 },
  { p: 1, part: 0.01, within: 1e-4 },
  { p: 1, part: 0.001, within: 1e-3 },
] as const)('blur of $part diameters, p = $p: values and gradients as in float64', async ({ p, part, within }) => {
  const backend = await webgpu();
  const reference = await wasm({ precision: 'float64' });
  const [x, y] = [cloud(400, 0), cloud(350, 0.3)];
  const diameter = Math.hypot(1, 1, 1.3);
  const [got, wanted] = await Promise.all(
    [backend, reference].map((each) =>
      sinkhornDivergence({ backend: each, p, blur: part * diameter, diameter, tolerance: null }).valueAndGradients(
        x,
        y,
        { wrt: 'both' },
      ),
    ),
  );
  expect(Math.abs(got.value / wanted.value - 1)).toBeLessThan(within);
  for (const side of ['x', 'y'] as const) {
    let error = 0;
    let size = 0;
    wanted[side].points.forEach((truth, k) => {
      error += (got[side].points[k] - truth) ** 2;
      size += truth ** 2;
    });
    expect(Math.sqrt(error / size)).toBeLessThan(within);
  }
  backend.dispose();
  reference.dispose();
});
