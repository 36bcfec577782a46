import {
  add,
  checkPairs,
  column,
  type DeviceArray,
  InvalidFormulaError,
  neg,
  optionalOperators,
  pair,
  parameter,
  type Reduction,
  reduced,
  reducedLogSumExp,
  resolveReduction,
  row,
  squaredDistance,
  UnsupportedError,
} from '@sinkhorn/core';
import { describe, expect, test } from 'vitest';

const array = (...shape: number[]): DeviceArray => ({ shape });
const score = neg(squaredDistance(row('x', 2), column('y', 2)));
const base: Reduction = {
  kind: 'logSumExp',
  score,
  rows: { x: array(5, 2) },
  columns: { y: array(7, 2) },
  parameters: {},
};
const blocks = {
  rowStarts: Uint32Array.of(0, 2, 5),
  columnStarts: Uint32Array.of(0, 4, 7),
  offsets: Uint32Array.of(0, 1, 3),
  columnBlocks: Uint32Array.of(1, 0, 1),
};
const value = column('y', 2);

test('a reduction that fits has its sizes worked out', () => {
  expect(resolveReduction(base)).toMatchObject({ batch: 1, batched: false, rows: 5, columns: 7, resultSize: 1 });
  const batched = { ...base, kind: 'softmaxMean', value, rows: { x: array(3, 5, 2) } } as const;
  expect(resolveReduction(batched)).toMatchObject({ batch: 3, batched: true, reducedSize: 2, resultSize: 2 });
  expect(resolveReduction({ ...base, blocks, finish: add(row('x', 2), reduced()) })).toMatchObject({ resultSize: 2 });
  const total: Reduction = { kind: 'sum', value: column('w'), rows: {}, columns: { w: array(7, 1) }, parameters: {} };
  expect(resolveReduction(total)).toMatchObject({ rows: 1, columns: 7 });
});

test('its key depends on formulas and kind alone', () => {
  const { key } = resolveReduction(base);
  expect(resolveReduction({ ...base, rows: { x: array(2, 9, 2) } }).key).toBe(key);
  expect(resolveReduction({ ...base, kind: 'min' }).key).not.toBe(key);
  expect(resolveReduction({ ...base, finish: neg(reduced()) }).key).not.toBe(key);
});

test('numbers of pairs are for backends that say that they keep them, and are those of its rows and columns', () => {
  const kept: Reduction = { ...base, score: pair('c'), pairs: { c: array(5, 7) } };
  const check = (pairs: Reduction['pairs'], rows = base.rows) => {
    const reduction = { ...kept, rows, pairs };
    checkPairs(reduction, resolveReduction(reduction, [...optionalOperators, 'pair']));
  };
  check(kept.pairs);
  check(kept.pairs, { x: array(2, 5, 2) });
  check({ c: array(2, 5, 7) }, { x: array(2, 5, 2) });
  expect(() => resolveReduction(kept)).toThrow(UnsupportedError);
  expect(() => resolveReduction(kept)).toThrow(/keeps no pairs.*'c'/);
  expect(() => check({})).toThrow(/'c' has no array: give pairs\.c/);
  expect(() => check({ c: array(7, 5) })).toThrow(/pairs\.c has shape \[7,5\].*5 x 7/);
  expect(() => check({ c: array(5, 7), d: array(5) })).toThrow(/pairs\.d has shape \[5\]/);
  expect(() => check({ c: array(3, 5, 7) }, { x: array(2, 5, 2) })).toThrow(/\[3,5,7\].*5 x 7 pairs, 2 times/);
});

const refused: [string, Partial<Record<keyof Reduction, unknown>>, RegExp][] = [
  ['an unknown kind', { kind: 'mean' }, /kind 'mean'.*logSumExp/],
  ['no score', { score: undefined }, /logSumExp needs a score/],
  ['a value that is not used', { value }, /logSumExp has no value/],
  ['a vector for a score', { score: row('x', 2) }, /score has size 2/],
  ['a variable without an array', { rows: {} }, /row variable 'x' has no array: give rows\.x/],
  ['an array of another size', { columns: { y: array(7, 3) } }, /columns\.y has size 3.*size 2/],
  ['an array of one axis', { columns: { y: array(2) } }, /columns\.y has shape \[2\]/],
  ['rows of two lengths', { rows: { x: array(5, 2), f: array(4, 1) } }, /rows\.f has 4 entries, those before it 5/],
  ['two batch sizes', { rows: { x: array(2, 5, 2) }, columns: { y: array(3, 7, 2) } }, /'y' has a batch of 3/],
  ['a parameter that is not given', { finish: parameter('s') }, /parameter 's' is undefined/],
  ['a parameter that is NaN', { finish: parameter('s'), parameters: { s: Number.NaN } }, /parameter 's' is NaN/],
  ['reduced() in a score', { score: reduced() }, /use it in a finish only/],
  ['a column variable in a finish', { finish: column('y', 2) }, /finish uses column variable 'y'/],
  ['a pair variable in a finish', { finish: pair('c') }, /finish uses pair variable 'c'/],
  ['reduced() of another size', { finish: reduced(2) }, /reduced\(2\): the result has size 1/],
  ['reducedLogSumExp() elsewhere', { finish: reducedLogSumExp() }, /known in a softmaxMean only/],
  [
    'blocks that do not reach the end',
    { blocks: { ...blocks, rowStarts: Uint32Array.of(0, 2, 4) } },
    /rowStarts goes from 0 to 4.*0 to 5/,
  ],
  [
    'blocks that go back',
    { blocks: { ...blocks, columnStarts: Uint32Array.of(0, 8, 7) } },
    /columnStarts\[2\] is below/,
  ],
  ['offsets of another length', { blocks: { ...blocks, offsets: Uint32Array.of(0, 3) } }, /offsets has 2 entries.*3/],
  [
    'a block that is not there',
    { blocks: { ...blocks, columnBlocks: Uint32Array.of(1, 0, 2) } },
    /columnBlocks\[2\] is 2, but there are 2/,
  ],
];

describe('a reduction that does not fit is refused', () => {
  test.each(refused)('%s', (_name, change, message) => {
    const reduction = { ...base, ...change } as Reduction;
    expect(() => resolveReduction(reduction)).toThrow(InvalidFormulaError);
    expect(() => resolveReduction(reduction)).toThrow(message);
  });
});
