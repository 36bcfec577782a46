import { type Backend, DeviceLostError, InvalidFormulaError, mul, permuted, row, runAsync } from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { checkEqual, checkThrows } from '../../support/check.js';

const SHAPES = [
  [1, 1],
  [65, 1],
  [7, 2],
  [1000, 2],
  [5, 70],
  [20_000, 2],
  [1, 3, 2],
  [3, 65, 70],
];

/** Orders of rows: all of them, mixed; fewer; more, some twice; none. */
const ordersOf = (rows: number): readonly Uint32Array[] => [
  Uint32Array.from({ length: rows }, (_, k) => rows - 1 - k),
  Uint32Array.from({ length: rows }, (_, k) => (k * 7919) % rows),
  Uint32Array.from({ length: Math.ceil(rows / 2) }, (_, k) => 2 * k),
  Uint32Array.from({ length: rows + 100 }, (_, k) => (k * k) % rows),
  new Uint32Array(0),
];

/** The rows of numbers of a shape, in each element of the batch, in an order. */
function inOrder(values: ArrayLike<number>, shape: readonly number[], order: Uint32Array): number[] {
  const [rows, size] = shape.slice(-2);
  const elements = values.length / (rows * size);
  return Array.from({ length: elements }, (_, element) =>
    Array.from(order, (place) =>
      Array.from({ length: size }, (_, c) => values[(element * rows + place) * size + c]),
    ).flat(),
  ).flat();
}

/** What a backend does that has no `permute`. */
const without = (backend: Backend): Backend => ({
  name: backend.name,
  precision: backend.precision,
  array: (values, shape) => backend.array(values, shape),
  reduce: (reduction) => backend.reduce(reduction),
  read: (array, signal) => backend.read(array, signal),
  release: (array) => backend.release(array),
  dispose: () => backend.dispose(),
});

/** Rows in another order. */
export const permuteTests: readonly ConformanceTest[] = [
  {
    id: 'contract/permute',
    title: 'rows come in the order that is asked for, by permute where there is one, and by reading and uploading',
    async run({ backend }) {
      for (const each of [backend, without(backend)]) {
        for (const shape of SHAPES) {
          const count = shape.reduce((product, length) => product * length, 1);
          const array = backend.array(
            Array.from({ length: count }, (_, index) => (index % 2 === 0 ? 1 : -1) / (index + 3)),
            shape,
          );
          const values = await backend.read(array);
          for (const order of ordersOf(shape[shape.length - 2])) {
            const found = await runAsync(permuted(each, array, order));
            checkEqual('shape', found.shape, shape.with(-2, order.length));
            checkEqual(`[${shape}], ${order.length} rows`, await backend.read(found), inOrder(values, shape, order));
            backend.release(found);
          }
          backend.release(array);
        }
      }
    },
  },
  {
    id: 'contract/permute-in-order',
    title:
      'permute, where there is one, comes after what was dispatched before; its input may be released, its order changed',
    async run({ backend }) {
      if (!backend.permute) return;
      const u = backend.array(
        Array.from({ length: 4000 }, (_, index) => index),
        [4000, 1],
      );
      const square = { kind: 'sum', value: mul(row('u'), row('u')), columns: {}, parameters: {} } as const;
      const [squared] = backend.reduce({ ...square, rows: { u } });
      const order = Uint32Array.from({ length: 4000 }, (_, k) => 3999 - k);
      const turned = backend.permute(squared, order);
      order.fill(0);
      backend.release(squared);
      const [again] = backend.reduce({ ...square, rows: { u: turned } });
      const expected = Array.from({ length: 4000 }, (_, k) => (3999 - k) ** 2);
      checkEqual('turned', await backend.read(turned), expected);
      const rounded = backend.precision === 'float32' ? Math.fround : Number;
      checkEqual(
        'and used again',
        await backend.read(again),
        expected.map((value) => rounded(value ** 2)),
      );
      for (const array of [u, turned, again]) backend.release(array);
    },
  },
  {
    id: 'contract/permute-errors',
    title: 'a row that there is not is refused with an InvalidFormulaError, and so is an array of nobody',
    async run({ backend, open }) {
      const array = backend.array([1, 2, 3], [3, 1]);
      for (const each of [backend, without(backend)]) {
        const beyond = () => runAsync(permuted(each, array, Uint32Array.of(0, 3)));
        await checkThrows('row 3 of 3', InvalidFormulaError, beyond);
      }
      backend.release(array);
      await checkThrows('a released one', Error, () => runAsync(permuted(backend, array, Uint32Array.of(0))));
      const other = await open();
      const gone = other.array([1], [1, 1]);
      other.dispose();
      await checkThrows('a disposed one', DeviceLostError, () => runAsync(permuted(other, gone, Uint32Array.of(0))));
    },
  },
];
