import { column, InvalidFormulaError } from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { check, checkEqual, checkThrows } from '../../support/check.js';

const ROWS = 3000;
const PIECE = 777;

/** Arrays that are written a piece at a time. */
export const writeTests: readonly ConformanceTest[] = [
  {
    id: 'contract/write',
    title: 'an array that is written in pieces has their numbers, where there are room and write',
    async run({ backend }) {
      check((backend.room === undefined) === (backend.write === undefined), 'room and write come together');
      if (!backend.room || !backend.write) return;
      const numbers = Float64Array.from({ length: 3 * ROWS }, (_, k) => (k % 64) / 64);
      const other = numbers.map((value) => 1 - value);
      const total = (values: Float64Array): number => values.reduce((sum, value, k) => (k % 3 ? sum : sum + value), 0);
      const sumOf = (array: ReturnType<typeof backend.array>) =>
        backend.reduce({
          kind: 'sum',
          value: column('u', 3),
          rows: {},
          columns: { u: array },
          parameters: {},
        })[0];
      const first = backend.array(other, [ROWS, 3]);
      const sumOfFirst = sumOf(first);
      // What is written next may stand where this stood, and the sum of it may not be taken yet.
      backend.release(first);
      const array = backend.room([ROWS, 3]);
      for (let from = 0; from < numbers.length; from += PIECE) {
        backend.write(array, numbers.subarray(from, from + PIECE), from);
      }
      const sum = sumOf(array);
      checkEqual('shape', array.shape, [ROWS, 3]);
      checkEqual('numbers', await backend.read(array), numbers);
      checkEqual('sum', (await backend.read(sum)).slice(0, 1), [total(numbers)]);
      checkEqual('sum of the array before', (await backend.read(sumOfFirst)).slice(0, 1), [total(other)]);
      await checkThrows('values that do not fit', InvalidFormulaError, () => backend.write?.(array, numbers, 1));
      for (const each of [array, sum, sumOfFirst]) backend.release(each);
    },
  },
];
