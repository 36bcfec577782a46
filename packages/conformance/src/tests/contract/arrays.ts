import { InvalidFormulaError, mul, row } from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { check, checkEqual, checkThrows } from '../../support/check.js';

const SHAPES = [
  [1, 1],
  [2, 3],
  [65, 1],
  [1, 64],
  [1000, 5],
  [1, 1, 1],
  [3, 7, 2],
];

const count = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

/** Uploads and reads. */
export const arrayTests: readonly ConformanceTest[] = [
  {
    id: 'contract/available',
    title: 'it opens, and has a name and a precision',
    async run({ backend }) {
      check(typeof backend.name === 'string' && backend.name !== '', `its name is '${backend.name}'`);
      check(['float32', 'float64'].includes(backend.precision), `its precision is '${backend.precision}'`);
    },
  },
  {
    id: 'contract/arrays',
    title: 'what is uploaded is read back, in the precision it has, whatever the shape and the kind of list',
    async run({ backend }) {
      const Precise = backend.precision === 'float32' ? Float32Array : Float64Array;
      for (const shape of SHAPES) {
        const numbers = Array.from({ length: count(shape) }, (_, index) => (index % 2 === 0 ? 1 : -1) / (index + 3));
        for (const list of [numbers, Float32Array.from(numbers), Float64Array.from(numbers)]) {
          const array = backend.array(list, shape);
          checkEqual('shape', array.shape, shape);
          const values = await backend.read(array);
          check(values instanceof Precise, `read() of a ${backend.precision} backend gives a ${Precise.name}`);
          checkEqual(`values of shape [${shape}]`, values, Precise.from(list));
          backend.release(array);
        }
      }
    },
  },
  {
    id: 'contract/copies',
    title: 'an upload is a copy, and so is what is read',
    async run({ backend }) {
      const source = Float64Array.of(1, 2, 3);
      const array = backend.array(source, [3, 1]);
      source.fill(0);
      const first = await backend.read(array);
      checkEqual('after the source changed', first, [1, 2, 3]);
      first.fill(0);
      checkEqual('after what was read changed', await backend.read(array), [1, 2, 3]);
      backend.release(array);
    },
  },
  {
    id: 'contract/special-numbers',
    title: 'numbers as large and as small as losses use come back',
    async run({ backend }) {
      const numbers = [0, -1e30, 1e30, 1e-30, -1e-30, 16777215, 2 ** -20];
      const array = backend.array(numbers, [7, 1]);
      checkEqual(
        'values',
        await backend.read(array),
        backend.precision === 'float32' ? numbers.map(Math.fround) : numbers,
      );
      backend.release(array);
    },
  },
  {
    id: 'contract/read-sync',
    title: 'readSync, where there is one, gives what read gives',
    async run({ backend }) {
      if (!backend.readSync) return;
      const array = backend.array([1, 2, 3, 4], [2, 2]);
      const values = backend.readSync(array);
      checkEqual('values', values, await backend.read(array));
      values.fill(0);
      checkEqual('after what was read changed', backend.readSync(array), [1, 2, 3, 4]);
      backend.release(array);
    },
  },
  {
    id: 'contract/read-all',
    title:
      'readAll, where there is one, gives what read gives of each array, copied, in one order, none and empty ones too',
    async run({ backend }) {
      if (!backend.readAll) return;
      const lists = [[1, 2, 3, 4], [], [5, 6], Array.from({ length: 3000 }, (_, index) => index)];
      const arrays = lists.map((list) => backend.array(list, [list.length, 1]));
      const [squared] = backend.reduce({
        kind: 'sum',
        value: mul(row('u'), row('u')),
        rows: { u: arrays[0] },
        columns: {},
        parameters: {},
      });
      const all = [squared, ...arrays, arrays[0]];
      const values = await backend.readAll(all);
      check(values.length === all.length, `of ${all.length} arrays it gives ${values.length}`);
      for (const [index, expected] of [[1, 4, 9, 16], ...lists, lists[0]].entries()) {
        checkEqual(`array ${index}`, values[index], expected);
      }
      values[1].fill(0);
      checkEqual('after what was read changed', await backend.read(arrays[0]), lists[0]);
      check((await backend.readAll([])).length === 0, 'of no arrays there is something');
      await checkThrows('of an array of nobody', Error, () => backend.readAll?.([arrays[0], { shape: [1, 1] }]));
      for (const array of [squared, ...arrays]) backend.release(array);
    },
  },
  {
    id: 'contract/wrong-count',
    title: 'an upload with too few or too many numbers for its shape is refused',
    async run({ backend }) {
      await checkThrows('too few', InvalidFormulaError, () => backend.array([1, 2, 3], [2, 2]));
      await checkThrows('too many', InvalidFormulaError, () => backend.array([1, 2, 3], [1, 2]));
    },
  },
];
