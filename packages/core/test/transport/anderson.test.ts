import { describe, expect, test } from 'vitest';
import { workspace } from '../../src/backend/workspace.js';
import { type AndersonStep, anderson } from '../../src/transport/anderson.js';
import { type DenseStep, denseExtrapolation, minus, type Vector } from '../support/denseAnderson.js';
import { draws } from '../support/draws.js';
import { expectClose } from '../support/expectClose.js';
import { linearSolve, times } from '../support/linearSolve.js';
import { watchedCpu } from '../support/watchedCpu.js';

const vector = (count: number, seed: number): number[] => Array.from(draws(count, seed), (value) => value - 0.5);
const sharesOf = (count: number, seed: number): number[] => {
  const raw = Array.from(draws(count, seed), (value) => value + 0.1);
  const total = raw.reduce((sum, value) => sum + value, 0);
  return raw.map((value) => value / total);
};

/** Anderson acceleration on the reference backend, for elements with the same shares or with shares of their own. */
function accelerated(shares: readonly (readonly Vector[])[], memory: number) {
  const backend = watchedCpu();
  const space = workspace(backend);
  const batched = shares.length > 1;
  const upload = (elements: readonly Vector[]) =>
    space.upload(elements.flat(), [...(batched ? [elements.length] : []), elements[0].length, 1]);
  const parts = shares[0].map((_, part) => ({ normalizedWeights: upload(shares.map((element) => element[part])) }));
  const { prepare, extrapolate: fromProducts, restart, differences } = anderson(space, parts, shares.length, memory);
  const extrapolate = (steps: readonly AndersonStep[]) => fromProducts(prepare(steps).map(backend.numbers));
  const uploadStep = (elements: readonly DenseStep[]): AndersonStep[] =>
    parts.map((_, part) => ({
      output: upload(elements.map(({ outputs }) => outputs[part])),
      residual: upload(elements.map(({ residuals }) => residuals[part])),
    }));
  return {
    backend,
    space,
    prepare,
    restart,
    differences,
    unprepared: () => fromProducts([]),
    uploadStep,
    extrapolate,
    /** The next state of every element, all parts one after the other. */
    next(elements: readonly DenseStep[]): number[][] {
      const arrays = extrapolate(uploadStep(elements));
      const numbers = arrays.map((array) => Array.from(backend.numbers(array)));
      space.release(...arrays);
      return elements.map((_, element) =>
        numbers.flatMap((values, part) => {
          const count = shares[0][part].length;
          return values.slice(element * count, (element + 1) * count);
        }),
      );
    },
  };
}

const counts = [5, 7];
const shares = counts.map((count, part) => sharesOf(count, 40 + part));
/** Sweeps without any structure, so that no part of an extrapolation is 0 or like another. */
const sweeps = (length: number, seed: number): DenseStep[] =>
  Array.from({ length }, (_, k) => ({
    outputs: counts.map((count, part) => vector(count, seed + 100 * k + part)),
    residuals: counts.map((count, part) => vector(count, seed + 100 * k + 50 + part)),
  }));

describe.each([1, 2, 4])('with a memory of %i', (memory) => {
  test('the next state is where the last sweeps, combined, leave the least residual', () => {
    const steps = sweeps(2 * memory + 3, 7);
    const { next } = accelerated([shares], memory);
    steps.forEach((step, k) => {
      const expected = denseExtrapolation(steps.slice(0, k + 1), shares, memory);
      expectClose(next([step])[0], expected, 1e-7);
    });
  });

  test('every element of a batch is extrapolated by itself, with its own shares', () => {
    const ofElements = [shares, counts.map((count, part) => sharesOf(count, 60 + part))];
    const steps = [sweeps(memory + 3, 11), sweeps(memory + 3, 17)];
    const { next } = accelerated(ofElements, memory);
    for (let k = 0; k < memory + 3; k++) {
      next(steps.map((element) => element[k])).forEach((found, element) => {
        const expected = denseExtrapolation(steps[element].slice(0, k + 1), ofElements[element], memory);
        expectClose(found, expected, 1e-7);
      });
    }
  });
});

test('a linear iteration of n unknowns is solved once n differences are known', () => {
  const matrix = Array.from({ length: 4 }, (_, i) => vector(4, 70 + i));
  const constant = vector(4, 80);
  const { next } = accelerated([[sharesOf(4, 90)]], 4);
  let state = vector(4, 85);
  for (let k = 0; k < 5; k++) {
    const output = times(matrix, state).map((value, i) => value + constant[i]);
    state = next([{ outputs: [output], residuals: [minus(output, state)] }])[0];
  }
  const system = matrix.map((row, i) => row.map((value, j) => (i === j ? 1 : 0) - value));
  expectClose(state, linearSolve(system, constant), 1e-5);
});

test('differences are counted from the second sweep on, and anew after a restart', () => {
  const { next, differences, restart } = accelerated([shares], 2);
  const counted = sweeps(5, 29).map((step) => {
    next([step]);
    return differences();
  });
  expect(counted).toEqual([0, 1, 2, 3, 4]);
  restart();
  expect(differences()).toBe(0);
});

test('an extrapolation without a sweep is an error of the caller', () => {
  const { unprepared, next } = accelerated([shares], 2);
  expect(unprepared).toThrow('not prepared');
  next([sweeps(1, 31)[0]]);
  expect(unprepared).toThrow('not prepared');
});

test('a point split in two counts as one', () => {
  const split = ([first, ...rest]: Vector): number[] => [first, first, ...rest];
  const halved = ([first, ...rest]: Vector): number[] => [first / 2, first / 2, ...rest];
  const whole = accelerated([shares], 3);
  const parted = accelerated([[halved(shares[0]), shares[1]]], 3);
  for (const { outputs, residuals } of sweeps(5, 23)) {
    const [expected] = whole.next([{ outputs, residuals }]);
    const [found] = parted.next([
      { outputs: [split(outputs[0]), outputs[1]], residuals: [split(residuals[0]), residuals[1]] },
    ]);
    expectClose(found, split(expected), 1e-9);
  }
});

describe('directions without extent', () => {
  test('the same sweep again changes nothing', () => {
    const [step] = sweeps(1, 31);
    const { next } = accelerated([shares], 3);
    for (let k = 0; k < 5; k++) expectClose(next([step])[0], step.outputs.flat(), 0);
  });

  test('a sweep that came twice leaves what the others tell', () => {
    const [one, two, three] = sweeps(3, 37);
    const { next } = accelerated([shares], 4);
    for (const step of [one, one, two]) next([step]);
    const expected = denseExtrapolation([one, two, three], shares, 4);
    expectClose(next([three])[0], expected, 1e-7);
  });

  test('sweeps along one line lead to its fixed point', () => {
    const { next } = accelerated([[sharesOf(4, 41)]], 3);
    const direction = vector(4, 43);
    // Along the line every sweep is t -> 0.9 t + 1, with its fixed point at 10.
    for (const t of [0, 1, 1.9, 2.71, 3.439]) {
      const output = direction.map((value) => value * (0.9 * t + 1));
      const [found] = next([{ outputs: [output], residuals: [direction.map((value) => value * (1 - 0.1 * t))] }]);
      if (t === 0) continue;
      expectClose(
        found,
        direction.map((value) => 10 * value),
        1e-6,
      );
    }
  });

  test('differences that are parallel but for rounding do not throw the state far away', () => {
    const [{ outputs, residuals }, { residuals: change }] = sweeps(2, 61);
    const { next } = accelerated([shares], 3);
    for (let k = 0; k < 4; k++) {
      // The same change of the residuals each time, up to 1e-7, while outputs move by about 1 in any direction.
      const noise = counts.map((count, part) => vector(count, 63 + 10 * k + part));
      const [found] = next([
        {
          outputs: k === 0 ? outputs : counts.map((count, part) => vector(count, 65 + 10 * k + part)),
          residuals: residuals.map((ofPart, part) =>
            ofPart.map((value, i) => value + k * change[part][i] + 1e-7 * noise[part][i]),
          ),
        },
      ]);
      for (const value of found) expect(Math.abs(value)).toBeLessThan(1e4);
    }
  });
});

test('nothing is left of the past after a restart', () => {
  const { next, restart } = accelerated([shares], 3);
  for (const step of sweeps(5, 47)) next([step]);
  restart();
  const steps = sweeps(5, 53);
  steps.forEach((step, k) => {
    expectClose(next([step])[0], denseExtrapolation(steps.slice(0, k + 1), shares, 3), 1e-7);
  });
});

test('a sweep that was prepared alone leaves nothing after a restart, and its arrays to the caller', () => {
  const { backend, space, prepare, extrapolate, restart, uploadStep } = accelerated([shares], 3);
  const before = backend.held.size;
  const [one, two, three] = sweeps(3, 67).map((step) => uploadStep([step]));
  for (const step of [one, two]) space.release(...extrapolate(step));
  expect(prepare(three)).toHaveLength(4);
  restart();
  expect(backend.held.size).toBe(before + 4);
  for (const { output, residual } of three) {
    expect(backend.held.has(output)).toBe(true);
    expect(backend.held.has(residual)).toBe(true);
  }
});

test('arrays are freed as soon as no later sweep needs them', () => {
  const { backend, space, extrapolate, restart, uploadStep } = accelerated([shares], 3);
  const before = backend.held.size;
  const held: number[] = [];
  for (const step of sweeps(6, 59)) {
    const uploaded = uploadStep([step]);
    space.release(...extrapolate(uploaded));
    // The newest sweep belongs to the history until the next one comes.
    for (const { output, residual } of uploaded) {
      expect(backend.held.has(output)).toBe(true);
      expect(backend.held.has(residual)).toBe(true);
    }
    held.push(backend.held.size - before);
  }
  // For each part the newest output and residual, and from the second on two histories.
  expect(held).toEqual([4, 8, 8, 8, 8, 8]);
  restart();
  expect(backend.held.size).toBe(before);
});
