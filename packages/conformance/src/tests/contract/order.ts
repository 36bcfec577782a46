import { add, column, type DeviceArray, mul, row } from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { check, checkEqual } from '../../support/check.js';

/** Dispatches that nobody waits for. */
export const orderTests: readonly ConformanceTest[] = [
  {
    id: 'contract/order',
    title: 'reductions run in the order of their dispatch, and nobody has to wait in between',
    async run({ backend }) {
      const chain: DeviceArray[] = [backend.array([1, 2, 3], [3, 1])];
      const zeros = backend.array([0, 0, 0], [3, 1]);
      for (let step = 0; step < 30; step++) {
        const u = chain[step];
        const [next] = backend.reduce({
          kind: 'sum',
          value: add(row('u'), column('v')),
          rows: { u },
          columns: { v: zeros },
          parameters: {},
        });
        const [reset] = backend.reduce({
          kind: 'sum',
          value: add(mul(1 / 3, row('u')), 1),
          rows: { u: next },
          columns: {},
          parameters: {},
        });
        backend.release(next);
        chain.push(reset);
      }
      // Each step adds 1: three equal terms, divided by 3.
      const last = await backend.read(chain[30]);
      check(Math.abs(last[0] - 31) < 1e-3 && Math.abs(last[2] - 33) < 1e-3, `30 steps gave ${last} and not 31, 32, 33`);
      for (const array of [zeros, ...chain]) backend.release(array);
    },
  },
  {
    id: 'contract/reads-in-any-order',
    title: 'reads may be asked for together, and in another order than the dispatches',
    async run({ backend }) {
      const arrays = Array.from({ length: 12 }, (_, index) => backend.array([index, -index], [2, 1]));
      const squares = arrays.map(
        (u) =>
          backend.reduce({ kind: 'sum', value: mul(row('u'), row('u')), rows: { u }, columns: {}, parameters: {} })[0],
      );
      const read = await Promise.all([...squares].reverse().map((square) => backend.read(square)));
      read.reverse().forEach((values, index) => {
        checkEqual(`square ${index}`, values, [index * index, index * index]);
      });
      for (const array of [...arrays, ...squares]) backend.release(array);
    },
  },
  {
    id: 'contract/same-array-twice',
    title: 'one array may be several variables, on both sides',
    async run({ backend }) {
      const u = backend.array([1, 2, 3], [3, 1]);
      const [result] = backend.reduce({
        kind: 'sum',
        value: mul(add(row('u'), row('alias')), column('u')),
        rows: { u, alias: u },
        columns: { u },
        parameters: {},
      });
      checkEqual('sums', await backend.read(result), [12, 24, 36]);
      backend.release(u);
      backend.release(result);
    },
  },
];
