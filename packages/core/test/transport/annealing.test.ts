import { annealing } from '@sinkhorn/core';
import { describe, expect, test } from 'vitest';

describe('annealing', () => {
  test("has GeomLoss's temperatures: the diameter twice, then halves while above the blur, then the blur", () => {
    const epsilons = annealing({ diameter: 1.7, blur: 0.1, scaling: 0.5, p: 2 });
    const expected = [1.7, 1.7, 0.85, 0.425, 0.2125, 0.10625, 0.1].map((length) => length ** 2);
    expect(epsilons).toHaveLength(expected.length);
    epsilons.forEach((epsilon, k) => {
      expect(epsilon).toBeCloseTo(expected[k], 14);
    });
  });

  test('goes straight to a blur above the diameter', () => {
    expect(annealing({ diameter: 1, blur: 10, scaling: 0.5, p: 2 })).toEqual([1, 100]);
  });

  test('has one temperature for a cloud without extent', () => {
    expect(annealing({ diameter: 0, blur: 0.5, scaling: 0.5, p: 1 })).toEqual([0.5]);
  });
});
