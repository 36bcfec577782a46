import { beforeEach, describe, expect, test } from 'vitest';
import { type Workspace, workspace } from '../../src/backend/workspace.js';
import { add, column, div, exp, mul, neg, parameter, row, sub } from '../../src/formula/expression.js';
import { expectClose } from '../support/expectClose.js';
import { type WatchedBackend, watchedCpu } from '../support/watchedCpu.js';

let backend: WatchedBackend;
let space: Workspace;
beforeEach(() => {
  backend = watchedCpu();
  space = workspace(backend);
});

const meanScore = {
  kind: 'softmaxMean',
  score: neg(mul(row('u'), column('v'))),
  value: column('v'),
  parameters: {},
} as const;

describe('what it computes', () => {
  const [u, v] = [
    [1, -2, 0.5],
    [0.25, 3],
  ];

  test('upload puts numbers on the device in their shape', () => {
    const array = space.upload([1, 2, 3, 4, 5, 6], [3, 2]);
    expect(array.shape).toEqual([3, 2]);
    expect(Array.from(backend.numbers(array))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('reduce goes over all pairs, and gives all results', () => {
    const [mean, logSumExp] = space.reduce({
      ...meanScore,
      rows: { u: space.upload(u, [3, 1]) },
      columns: { v: space.upload(v, [2, 1]) },
    });
    const masses = u.map((left) => v.map((right) => Math.exp(-left * right)));
    const totals = masses.map(([one, two]) => one + two);
    expectClose(
      backend.numbers(mean),
      masses.map(([one, two], i) => (one * v[0] + two * v[1]) / totals[i]),
      1e-14,
    );
    expectClose(backend.numbers(logSumExp), totals.map(Math.log), 1e-14);
  });

  test('map is elementwise: of rows, scalars and parameters', () => {
    const formula = add(mul(parameter('scale'), row('u')), sub(column('s'), row('t')));
    const [t, s] = [[7, 8, 9], 100];
    const result = space.map(
      formula,
      { u: space.upload(u, [3, 1]), t: space.upload(t, [3, 1]) },
      { scale: 10 },
      { s: space.upload([s], [1, 1]) },
    );
    expect(result.shape).toEqual([3, 1]);
    expectClose(
      backend.numbers(result),
      u.map((value, k) => 10 * value + s - t[k]),
      1e-14,
    );
    const negated = space.map(neg(row('u')), { u: space.upload(u, [3, 1]) });
    expectClose(
      backend.numbers(negated),
      u.map((value) => -value),
      0,
    );
  });

  test('map takes the scalar of each element of a batch', () => {
    const result = space.map(
      div(row('u'), column('s')),
      { u: space.upload([1, 2, 3, 4], [2, 2, 1]) },
      {},
      { s: space.upload([10, 100], [2, 1, 1]) },
    );
    expect(result.shape).toEqual([2, 2, 1]);
    expectClose(backend.numbers(result), [0.1, 0.2, 0.03, 0.04], 1e-16);
  });

  test('total adds up over all entries, one number an element', () => {
    const formula = mul(parameter('scale'), exp(column('u')));
    const one = space.total(formula, { u: space.upload(u, [3, 1]) }, { scale: 2 });
    const sum = u.reduce((total, value) => total + 2 * Math.exp(value), 0);
    expect(one.shape).toEqual([1, 1]);
    expectClose(backend.numbers(one), [sum], 1e-14);
    const two = space.total(column('u'), { u: space.upload([1, 2, 30, 40], [2, 2, 1]) });
    expect(two.shape).toEqual([2, 1, 1]);
    expectClose(backend.numbers(two), [3, 70], 0);
  });

  test('logTotal is the logarithm of the sum of exponentials, also of large ones', () => {
    const formula = add(column('u'), parameter('shift'));
    const result = space.logTotal(formula, { u: space.upload(u, [3, 1]) }, { shift: 2000 });
    const sum = u.reduce((total, value) => total + Math.exp(value), 0);
    expect(result.shape).toEqual([1, 1]);
    expectClose(backend.numbers(result), [2000 + Math.log(sum)], 1e-12);
    const batch = space.logTotal(column('u'), { u: space.upload([0, 0, 1, 1], [2, 2, 1]) });
    expectClose(backend.numbers(batch), [Math.log(2), 1 + Math.log(2)], 1e-14);
  });
});

test('only reductions over pairs are counted', () => {
  const rows = { u: space.upload([1, 2], [2, 1]) };
  const columns = { v: space.upload([3, 4], [2, 1]) };
  space.map(row('u'), rows);
  space.total(column('v'), columns);
  space.logTotal(column('v'), columns);
  expect(space.reductions).toBe(0);
  for (let k = 1; k <= 3; k++) {
    space.reduce({ ...meanScore, rows, columns });
    expect(space.reductions).toBe(k);
  }
  space.releaseAll();
  expect(space.reductions).toBe(3);
});

describe('whose arrays', () => {
  /** One array from each method: all that a workspace makes. */
  function everything() {
    const rows = { u: space.upload([1, 2], [2, 1]) };
    const columns = { v: space.upload([3, 4], [2, 1]) };
    return [
      rows.u,
      columns.v,
      ...space.reduce({ ...meanScore, rows, columns }),
      space.map(row('u'), rows),
      space.total(column('v'), columns),
      space.logTotal(column('v'), columns),
    ];
  }

  test('it frees at the end: all that it made, second results too', () => {
    expect(everything()).toHaveLength(7);
    expect(backend.held.size).toBe(7);
    space.releaseAll();
    expect(backend.held.size).toBe(0);
  });

  test('it frees: not those of others', () => {
    const foreign = backend.array([1], [1, 1]);
    const elsewhere = workspace(backend).upload([2], [1, 1]);
    everything();
    space.release(foreign, elsewhere);
    space.releaseAll();
    expect([...backend.held]).toEqual([foreign, elsewhere]);
  });

  test('it frees before the end: those that it is told, and no others', () => {
    const arrays = everything();
    space.release(arrays[1], undefined, arrays[3]);
    expect([...backend.held]).toEqual(arrays.filter((_, k) => k !== 1 && k !== 3));
    // Once is enough: the backend would refuse to free an array again.
    space.release(arrays[1]);
    space.releaseAll();
    expect(backend.held.size).toBe(0);
  });

  test('it leaves alone: those that were kept', () => {
    const arrays = everything();
    space.keep(arrays[0], arrays[3]);
    space.release(arrays[0]);
    space.releaseAll();
    expect([...backend.held]).toEqual([arrays[0], arrays[3]]);
  });

  test('may be made again after all were freed', () => {
    everything();
    space.releaseAll();
    space.releaseAll();
    everything();
    space.releaseAll();
    expect(backend.held.size).toBe(0);
  });
});

test('the backend is at hand', () => {
  expect(space.backend).toBe(backend);
});
