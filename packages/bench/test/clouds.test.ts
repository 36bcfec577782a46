import { wasm } from '@sinkhorn/backend-wasm';
import { problems } from '@sinkhorn/bench';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { describe, expect, it } from 'vitest';

const measure = (points: Float32Array) => ({ points: Float64Array.from(points), dimension: 3 });

describe('sphere and cube', () => {
  const { clouds, p, blur } = problems['sphere, cube'];
  const { x, y } = clouds(1000);
  const float64 = () => wasm({ precision: 'float64' });

  it('has the value GeomLoss gives for these points, in float32', async () => {
    const backend = await float64();
    const loss = sinkhornDivergence({ backend, p, blur, scaling: 0.5, tolerance: null });
    expect(loss.valueSync(measure(x), measure(y)) / 0.009898370131850243).toBeCloseTo(1, 6);
    backend.dispose();
  });

  it('has the value of an independent solver', async () => {
    const backend = await float64();
    const loss = sinkhornDivergence({ backend, p, blur, tolerance: 1e-6 });
    const { value, x: gradient } = loss.valueAndGradientsSync(measure(x), measure(y));
    expect(value / 0.010608579348678464).toBeCloseTo(1, 8);
    expect(Math.hypot(...gradient.points) / 0.0032435660313377).toBeCloseTo(1, 6);
    backend.dispose();
  });
});

describe.each(Object.entries(problems))('%s', (_name, { clouds }) => {
  it('has the points asked for, other ones for another seed, and the same each time', () => {
    const { x, y } = clouds(50);
    expect([x.length, y.length]).toEqual([150, 150]);
    expect(clouds(50)).toEqual({ x, y });
    const other = clouds(50, 1);
    expect(other.x).not.toEqual(x);
    expect(other.y).not.toEqual(y);
  });
});
