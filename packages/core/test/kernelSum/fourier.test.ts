/** Fourier transforms against a published library's, and convolutions on lattices against their definition. */
import FFT from 'fft.js';
import { expect, test } from 'vitest';
import { fourierTransform } from '../../src/kernelSum/fourier/fourierTransform.js';
import { latticeConvolution } from '../../src/kernelSum/fourier/latticeConvolution.js';
import { runSync } from '../../src/tasks/drivers.js';
import { draws } from '../support/draws.js';

test.each([2, 4, 8, 64, 1024])(
  'a transform of %d numbers is that of fft.js, and twice exchanged what it was',
  (length) => {
    const [real, imaginary] = [draws(length, 1), draws(length, 2)];
    const both = Float64Array.from({ length: 2 * length }, (_, k) => (k % 2 ? imaginary : real)[k >> 1]);
    const expected: number[] = new Array(2 * length);
    new FFT(length).transform(expected, both);
    const [re, im] = [real.slice(), imaginary.slice()];
    const transform = fourierTransform(length);
    transform(re, im);
    for (let k = 0; k < length; k++) {
      expect(Math.abs(re[k] - expected[2 * k])).toBeLessThan(1e-12);
      expect(Math.abs(im[k] - expected[2 * k + 1])).toBeLessThan(1e-12);
    }
    transform(im, re);
    for (let k = 0; k < length; k++) {
      expect(re[k] / length).toBeCloseTo(real[k], 13);
      expect(im[k] / length).toBeCloseTo(imaginary[k], 13);
    }
  },
);

test('a transform of one number is that number', () => {
  const [real, imaginary] = [Float64Array.of(3), Float64Array.of(-2)];
  fourierTransform(1)(real, imaginary);
  expect([real[0], imaginary[0]]).toEqual([3, -2]);
});

test.each<[number[], number[]]>([
  [[7], [0.5]],
  [[1], [2]],
  [
    [5, 6],
    [1, 0.3],
  ],
  [
    [1, 9],
    [1, 2],
  ],
  [
    [3, 1, 4],
    [0.2, 1, 0.7],
  ],
  [
    [2, 3, 2, 3],
    [1, 1, 2, 0.5],
  ],
])('a convolution on %j nodes is the sum over all pairs, of two arrays at once', (shape, spacing) => {
  const kernel = (squared: number) => Math.exp(-Math.sqrt(squared)) + squared / 10;
  const convolution = runSync(latticeConvolution(shape, spacing, kernel));
  const count = shape.reduce((product, length) => product * length, 1);
  const at = (node: number) => {
    const indices: number[] = [];
    for (let axis = shape.length - 1, left = node; axis >= 0; axis--) {
      indices[axis] = left % shape[axis];
      left = Math.floor(left / shape[axis]);
    }
    return indices;
  };
  const [first, second] = [draws(count, 3), draws(count, 4)];
  const sums = (values: Float64Array) =>
    values.map((_, i) =>
      values.reduce((sum, value, j) => {
        const squared = at(i).reduce((total, index, axis) => total + ((index - at(j)[axis]) * spacing[axis]) ** 2, 0);
        return sum + value * kernel(squared);
      }, 0),
    );
  const expected = [sums(first), sums(second)];
  const alone = first.slice();
  runSync(convolution.convolve(first, second));
  runSync(convolution.convolve(alone));
  for (let k = 0; k < count; k++) {
    expect(Math.abs(first[k] - expected[0][k])).toBeLessThan(1e-12);
    expect(Math.abs(second[k] - expected[1][k])).toBeLessThan(1e-12);
    expect(Math.abs(alone[k] - expected[0][k])).toBeLessThan(1e-12);
  }
});
