import {
  column,
  constant,
  type Expression,
  InvalidFormulaError,
  mul,
  neg,
  pair,
  type Reduction,
  row,
  squaredDistance,
  sub,
  UnsupportedError,
} from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { checkClose, checkEqual, checkThrows, largest } from '../../support/check.js';
import { hostArray } from '../../support/hostReduction.js';

/** Rows, columns, components, and elements of a batch on each side. */
const SIZES: readonly {
  readonly n: number;
  readonly m: number;
  readonly d: number;
  readonly of?: [number?, number?];
}[] = [
  { n: 1, m: 1, d: 1 },
  { n: 5, m: 3, d: 2 },
  { n: 1, m: 70, d: 20 },
  { n: 66, m: 1, d: 3 },
  { n: 65, m: 130, d: 20 },
  { n: 7, m: 9, d: 3, of: [3, 3] },
  { n: 6, m: 2, d: 17, of: [2, undefined] },
  { n: 3, m: 11, d: 3, of: [undefined, 2] },
];

/** Rounding that sums of some numbers of size 1 may carry. */
const ERROR = { float32: 2e-5, float64: 1e-12 } as const;

const blocksOf = (n: number, m: number) => ({
  rowStarts: Uint32Array.of(0, Math.floor(n / 2), n),
  columnStarts: Uint32Array.of(0, Math.floor(m / 3), m),
  offsets: Uint32Array.of(0, 2, 3),
  columnBlocks: Uint32Array.of(1, 0, 1),
});

/** Numbers of pairs that are kept. */
export const pairsTests: readonly ConformanceTest[] = [
  {
    id: 'contract/pairs',
    title:
      'numbers of pairs, where a backend keeps them, are those of the formula, and passes that read them those that compute it',
    async run({ backend }) {
      if (!backend.pairs) return;
      for (const { n, m, d, of = [] } of SIZES) {
        const shape = (count: number, batch?: number) => (batch ? [batch, count, d] : [count, d]);
        const x = hostArray(backend, shape(n, of[0]), (k) => Math.sin(3 * k + 1));
        const y = hostArray(backend, shape(m, of[1]), (k) => Math.cos(k * k));
        const batch = of[0] ?? of[1] ?? 1;
        const rows = { x: backend.array(x.values, x.shape) };
        const columns = { y: backend.array(y.values, y.shape) };
        const cost = mul(0.5, squaredDistance(row('x', d), column('y', d)));
        const startOf = (elements: number | undefined, count: number, element: number) =>
          elements ? element * count * d : 0;
        const expected = Float64Array.from({ length: batch * n * m }, (_, at) => {
          const [element, i, j] = [Math.floor(at / (n * m)), Math.floor(at / m) % n, at % m];
          const [from, to] = [startOf(of[0], n, element) + i * d, startOf(of[1], m, element) + j * d];
          let sum = 0;
          for (let c = 0; c < d; c++) sum += (x.values[from + c] - y.values[to + c]) ** 2;
          return sum / 2;
        });
        const name = `${n} x ${m}, D = ${d}, batches [${of}]`;
        const [kept, turned] = backend.pairs({ value: cost, rows, columns, parameters: {}, transposed: true });
        const alone = backend.pairs({ value: cost, rows, columns, parameters: {} });
        checkEqual(`${name}: arrays`, [alone.length], [1]);
        const lead = of.length > 0 ? [batch] : [];
        checkEqual(`${name}: shape`, kept.shape, [...lead, n, m]);
        checkEqual(`${name}: turned shape`, turned.shape, [...lead, m, n]);
        const values = await backend.read(kept);
        checkClose(name, values, expected, ERROR[backend.precision] * largest(expected));
        checkEqual(`${name} alone`, await backend.read(alone[0]), values);
        const exchanged = values.map((_, at) => {
          const [element, j, i] = [Math.floor(at / (n * m)), Math.floor(at / n) % m, at % n];
          return values[element * n * m + i * m + j];
        });
        checkEqual(`${name} turned`, await backend.read(turned), exchanged);

        const both = async (ask: (of: Expression) => Pick<Reduction, 'kind' | 'score' | 'value' | 'blocks'>) => {
          const common = { rows, columns, parameters: {} };
          const streamed = backend.reduce({ ...ask(cost), ...common });
          const read = backend.reduce({ ...ask(pair('cost')), ...common, pairs: { cost: kept } });
          const label = `${name}, ${ask(cost).kind}`;
          for (const [k, array] of read.entries()) {
            const right = await backend.read(streamed[k]);
            const allowed = 4 * ERROR[backend.precision] * Math.max(1, largest(right));
            const isIndex = ask(cost).kind === 'min' && k === 1;
            // Scores that are equal but for rounding may have another least one.
            if (!isIndex) checkClose(`${label}, result ${k}`, await backend.read(array), right, allowed);
          }
          for (const array of [...read, ...streamed]) backend.release(array);
        };
        const blocks = n > 1 && m > 2 ? blocksOf(n, m) : undefined;
        await both((of) => ({ kind: 'logSumExp', score: mul(-2, of) }));
        await both((of) => ({ kind: 'logSumExp', score: neg(of), blocks }));
        await both((of) => ({ kind: 'min', score: of }));
        await both((of) => ({ kind: 'sum', value: mul(of, constant([1, 2])), blocks }));
        await both((of) => ({ kind: 'softmaxMean', score: neg(of), value: sub(row('x', d), column('y', d)) }));
        await both((of) => ({ kind: 'softmaxMean', score: neg(of), value: of }));
        for (const array of [kept, turned, ...alone, rows.x, columns.y]) backend.release(array);
      }
    },
  },
  {
    id: 'contract/pairs-of-itself',
    title:
      'numbers of the pairs of points with themselves are the same in both orders, exact for close points, and 0 for equal ones',
    async run({ backend }) {
      if (!backend.pairs) return;
      const far = { float32: 3, float64: 1000 }[backend.precision];
      for (const [n, d] of [
        [1, 9],
        [63, 16],
        [131, 20],
      ]) {
        const points = Float64Array.from(hostArray(backend, [n, d], (k) => far + Math.sin(3 * k + 1)).values);
        // Every third point is next to the one before it, and every seventh is the one before it.
        for (let i = 1; i < n; i++) {
          if (i % 3 > 0 && i % 7 > 0) continue;
          for (let c = 0; c < d; c++) points[i * d + c] = points[(i - 1) * d + c];
          if (i % 7 > 0) points[i * d] += 2 ** -8;
        }
        const array = backend.array(points, [n, d]);
        const value = mul(0.5, squaredDistance(row('x', d), column('x', d)));
        const [kept] = backend.pairs({ value, rows: { x: array }, columns: { x: array }, parameters: {} });
        const values = await backend.read(kept);
        const name = `${n} points, D = ${d}`;
        const relative = 64 * 2 ** (backend.precision === 'float32' ? -23 : -52) * d;
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let c = 0; c < d; c++) sum += (points[i * d + c] - points[j * d + c]) ** 2;
            checkClose(`${name}, ${i} and ${j}`, [values[i * n + j]], [sum / 2], (relative * sum) / 2);
            checkEqual(`${name}, ${i} and ${j} exchanged`, [values[i * n + j]], [values[j * n + i]]);
          }
        }
        backend.release(kept);
        backend.release(array);
      }
    },
  },
  {
    id: 'contract/pairs-errors',
    title:
      'numbers of other pairs, vectors and released arrays are refused, and all of them where a backend keeps none',
    async run({ backend }) {
      const x = backend.array([1, 2, 3], [3, 1]);
      const y = backend.array([1, 2], [2, 1]);
      const wrong = backend.array([1, 2, 3, 4, 5, 6], [2, 3]);
      const ask = (pairs: Reduction['pairs']) => () =>
        backend.reduce({
          kind: 'logSumExp',
          score: pair('cost'),
          rows: { x },
          columns: { y },
          parameters: {},
          pairs,
        });
      await checkThrows(
        'numbers of 2 x 3 pairs',
        backend.pairs ? InvalidFormulaError : UnsupportedError,
        ask({ cost: wrong }),
      );
      await checkThrows('no numbers', backend.pairs ? InvalidFormulaError : UnsupportedError, ask({}));
      const { pairs } = backend;
      if (pairs) {
        const given = { rows: { x }, columns: { y }, parameters: {} };
        const [kept] = pairs.call(backend, { value: mul(row('x'), column('y')), ...given });
        checkEqual('kept', await backend.read(kept), [1, 2, 2, 4, 3, 6]);
        backend.release(kept);
        await checkThrows('released ones', InvalidFormulaError, ask({ cost: kept }));
        const vector = { value: mul(row('x'), constant([1, 2])), ...given };
        await checkThrows('a vector', InvalidFormulaError, () => pairs.call(backend, vector));
        const unknown = { value: row('z'), ...given };
        await checkThrows('an unknown variable', InvalidFormulaError, () => pairs.call(backend, unknown));
      }
      for (const array of [x, y, wrong]) backend.release(array);
    },
  },
];
