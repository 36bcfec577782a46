import { add, column, DeviceLostError, mul, row } from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { check, checkEqual, checkThrows, fail } from '../../support/check.js';
import { runReduction } from '../../support/hostReduction.js';
import { pairReduction } from '../reduce/pairFormula.js';

/** Releases and disposal. */
export const lifetimeTests: readonly ConformanceTest[] = [
  {
    id: 'contract/release',
    title: 'a released array is refused by read and reduce, and the others live on',
    async run({ backend }) {
      const gone = backend.array([1, 2], [2, 1]);
      const kept = backend.array([3, 4], [2, 1]);
      backend.release(gone);
      await checkThrows('read', Error, () => backend.read(gone));
      const { readSync } = backend;
      if (readSync) await checkThrows('readSync', Error, () => readSync.call(backend, gone));
      await checkThrows('reduce', Error, () =>
        backend.reduce({ kind: 'sum', value: row('u'), rows: { u: gone }, columns: {}, parameters: {} }),
      );
      checkEqual('the other array', await backend.read(kept), [3, 4]);
      backend.release(kept);
    },
  },
  {
    id: 'contract/release-inputs',
    title: 'inputs may be released as soon as a reduction is dispatched, and their memory used again',
    async run({ backend }) {
      const results = Array.from({ length: 8 }, (_, round) => {
        const u = backend.array([round, round + 1, round + 2], [3, 1]);
        const v = backend.array([10, 100], [2, 1]);
        const value = add(row('u'), column('v'));
        const [result] = backend.reduce({ kind: 'sum', value, rows: { u }, columns: { v }, parameters: {} });
        backend.release(u);
        backend.release(v);
        return result;
      });
      for (const [round, result] of results.entries()) {
        const first = 2 * round + 110;
        checkEqual(`round ${round}`, await backend.read(result), [first, first + 2, first + 4]);
        backend.release(result);
      }
    },
  },
  {
    id: 'contract/churn',
    title: 'uploads, reductions and releases of all sizes, many times over, leave right results',
    async run({ backend }) {
      for (let round = 0; round < 100; round++) {
        const length = 1 + ((37 * round) % 200);
        const v = backend.array(new Array(length).fill(round), [length, 1]);
        const u = backend.array([0, 1], [2, 1]);
        const value = add(row('u'), column('v'));
        const [totals] = backend.reduce({ kind: 'sum', value, rows: { u }, columns: { v }, parameters: {} });
        backend.release(u);
        backend.release(v);
        checkEqual(`round ${round}`, await backend.read(totals), [length * round, length * (round + 1)]);
        backend.release(totals);
      }
    },
  },
  {
    id: 'contract/dispose',
    title: 'after dispose() every use throws a DeviceLostError, and release() does nothing',
    async run({ open }) {
      const backend = await open();
      const array = backend.array([1, 2], [2, 1]);
      const other = backend.array([3], [1, 1]);
      backend.release(other);
      backend.dispose();
      for (const held of [array, other]) {
        try {
          backend.release(held);
        } catch (error) {
          fail(`release() after dispose() hides what ended a computation: it threw ${error}`);
        }
      }
      await checkThrows('array', DeviceLostError, () => backend.array([1], [1, 1]));
      await checkThrows('read', DeviceLostError, () => backend.read(array));
      const { readSync } = backend;
      if (readSync) await checkThrows('readSync', DeviceLostError, () => readSync.call(backend, array));
      await checkThrows('reduce', DeviceLostError, () =>
        backend.reduce({ kind: 'sum', value: row('u'), rows: { u: array }, columns: {}, parameters: {} }),
      );
    },
  },
  {
    id: 'contract/dispose-while-reading',
    title: 'a read under way when dispose() comes ends: with the numbers, or with a DeviceLostError',
    async run({ open }) {
      const backend = await open();
      const array = backend.array([1, 2], [2, 1]);
      const [result] = backend.reduce({
        kind: 'sum',
        value: mul(2, row('u')),
        rows: { u: array },
        columns: {},
        parameters: {},
      });
      const reading = backend.read(result);
      backend.dispose();
      const end = await reading.catch((error: unknown) => error);
      if (end instanceof Error) check(end instanceof DeviceLostError, `it ended with ${end.stack}`);
      else checkEqual('the numbers', end as ArrayLike<number>, [2, 4]);
    },
  },
  {
    id: 'contract/two-backends',
    title: 'two at once do not disturb each other, refuse arrays of the other, and outlive the other',
    async run({ backend, open }) {
      const [one, two] = [await open(), backend];
      const ofOne = one.array([1, 2], [2, 1]);
      const ofTwo = two.array([3, 4], [2, 1]);
      const square = { kind: 'sum', value: mul(row('u'), row('u')), columns: {}, parameters: {} } as const;
      const [squareOne] = one.reduce({ ...square, rows: { u: ofOne } });
      const [squareTwo] = two.reduce({ ...square, rows: { u: ofTwo } });
      checkEqual('the second one', await two.read(squareTwo), [9, 16]);
      checkEqual('the first one', await one.read(squareOne), [1, 4]);
      await checkThrows("read of the other's array", Error, () => one.read(ofTwo));
      await checkThrows("reduce of the other's array", Error, () => one.reduce({ ...square, rows: { u: ofTwo } }));
      one.dispose();
      const [again] = two.reduce({ ...square, rows: { u: squareTwo } });
      checkEqual('the second one after the first one is gone', await two.read(again), [81, 256]);
      for (const array of [ofTwo, squareTwo, again]) two.release(array);
    },
  },
  {
    id: 'contract/same-bits',
    title: 'the same inputs give the same bits, again and on another backend of the kind',
    async run({ backend, open }) {
      const other = await open();
      for (const kind of ['logSumExp', 'softmaxMean', 'sum', 'min'] as const) {
        for (const [rows, columns] of [
          [300, 301],
          [1, 3000],
        ]) {
          const reduction = pairReduction(backend, kind, { rows, columns, dimension: 2 });
          const first = await runReduction(backend, reduction);
          // The other one compiles anew: a softmax mean does what the others do, and more.
          const on = kind === 'softmaxMean' ? [backend, other] : [backend];
          for (const place of on) {
            const again = await runReduction(place, reduction);
            first.forEach((values, index) => {
              checkEqual(`${kind}, result ${index}`, again[index], values);
            });
          }
        }
      }
    },
  },
];
