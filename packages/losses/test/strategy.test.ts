import { cpu } from '@sinkhorn/backend-cpu';
import { InvalidOptionError, type Strategy, sinkhornDivergence } from '@sinkhorn/losses';
import { expect, test, vi } from 'vitest';
import { cloud } from './support/clouds.js';

const x = cloud(300, 2, 1);
const y = cloud(200, 2, 2, 0.4);
const backend = cpu();

test('cells need code that methods without a promise cannot load', async () => {
  // Files share modules, and another one may have loaded it.
  vi.resetModules();
  const losses = await import('@sinkhorn/losses');
  const loss = losses.sinkhornDivergence({ backend, strategy: 'multiscale' });
  expect(() => loss.valueSync(x, y)).toThrow(losses.UnsupportedError);
  expect(() => loss.valueSync(x, y)).toThrow('await a method that returns a promise first');
  const value = await loss.value(x, y);
  expect(loss.valueSync(x, y)).toBe(value);
});

test('the reference backend takes cells as any other', async () => {
  const dense = await sinkhornDivergence({ backend, strategy: 'dense' }).value(x, y);
  const loss = sinkhornDivergence({ backend, strategy: 'multiscale' });
  const { value, diagnostics } = await loss.valueAndGradients(x, y);
  expect(Math.abs(value / dense - 1)).toBeLessThan(diagnostics.estimatedError + 1e-3);
});

test.each([
  [{ strategy: 'sparse' as Strategy }, "strategy is 'sparse'"],
  [{ accuracy: 0 }, 'accuracy is 0'],
  [{ accuracy: Number.NaN }, 'accuracy is NaN'],
])('bad options are refused: %o', (options, message) => {
  expect(() => sinkhornDivergence({ backend, ...options })).toThrow(InvalidOptionError);
  expect(() => sinkhornDivergence({ backend, ...options })).toThrow(message);
});
