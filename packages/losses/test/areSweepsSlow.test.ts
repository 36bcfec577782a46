import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { expect, it } from 'vitest';

/** Points of the Kronecker sequence of the plastic number in the unit square, moved by `shift` of it. */
const square = (count: number, shift: number) =>
  Float64Array.from(
    { length: 2 * count },
    (_, k) => ((Math.floor(k / 2) + shift) * (k % 2 ? 0.569840291 : 0.7548776662)) % 1,
  );

/** More than 1e5 pairs: so few go to Newton's method anyway. */
const x = { points: square(330, 1), dimension: 2 };
const y = { points: square(330, 1000.5), dimension: 2 };

it.each([
  ['wasm', 0.05, 1e-3, 'alternating'],
  ['wasm', 0.02, 1e-6, 'newton'],
  ['wasm', 0.004, 1e-3, 'newton'],
  ['cpu', 0.004, 1e-3, 'newton'],
] as const)(
  'goes first to the method that is quicker: on %s, blur %f to %f by %s',
  async (name, blur, accuracy, method) => {
    const backend = name === 'wasm' ? await wasm() : cpu();
    const loss = sinkhornDivergence({ backend, blur, accuracy, debias: false });
    const { diagnostics } = await loss.valueAndGradients(x, y);
    backend.dispose();
    expect(diagnostics).toMatchObject({ method, accurate: true });
    if (method === 'newton') expect(diagnostics.reductions).toBeLessThanOrEqual(25);
  },
);
