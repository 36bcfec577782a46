import {
  type AxisSoftmax,
  type DeviceArray,
  type EvenNodes,
  InvalidFormulaError,
  UnsupportedError,
} from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { check, checkEqual, checkThrows } from '../../support/check.js';

interface Lines extends Pick<AxisSoftmax, 'inner' | 'rows' | 'columns' | 'rate'> {
  readonly name: string;
  readonly outer: number;
  readonly batch?: number;
  /** How fast scores grow along a line: where the mass goes. */
  readonly slope?: number;
}

const nodes = (count: number, spacing = 1, first = 0): EvenNodes => ({ count, spacing, first });
const square = (count: number) => ({ rows: nodes(count), columns: nodes(count) });

const CASES: readonly Lines[] = [
  { name: 'one line', outer: 1, inner: 1, ...square(40), rate: 0.5 },
  { name: 'lines across each other', outer: 3, inner: 5, ...square(33), rate: 0.125 },
  { name: 'a batch', outer: 4, batch: 2, inner: 3, ...square(12), rate: 0.125 },
  { name: 'rows elsewhere', outer: 2, inner: 3, rows: nodes(21, 1, 7.3), columns: nodes(38), rate: 0.1 },
  { name: 'a narrow Gaussian', outer: 2, inner: 2, ...square(9), rate: 50 },
  { name: 'a wide one', outer: 2, inner: 2, ...square(70), rate: 1e-3 },
  { name: 'finer rows', outer: 1, inner: 4, rows: nodes(50, 0.5, -0.25), columns: nodes(25), rate: 0.5 },
  { name: 'finer columns', outer: 4, inner: 1, rows: nodes(13, 3), columns: nodes(39), rate: 0.02 },
  { name: 'single nodes', outer: 5, inner: 3, rows: nodes(1, 1, 2), columns: nodes(1), rate: 0.3 },
  { name: 'a single column', outer: 2, inner: 2, rows: nodes(30), columns: nodes(1, 1, 4), rate: 0.3 },
  { name: 'a single row', outer: 2, inner: 2, rows: nodes(1, 1, 4), columns: nodes(30), rate: 0.3 },
  { name: 'far transport', outer: 1, inner: 3, ...square(200), rate: 0.5, slope: -150 },
];

const entriesOf = ({ outer, inner }: Lines, { count }: EvenNodes): number => outer * count * inner;

/** Scores, of which some are no part of sums; a whole line of them where there are several. */
const scoresOf = (lines: Lines): Float64Array =>
  Float64Array.from({ length: entriesOf(lines, lines.columns) }, (_, k) => {
    const { outer, inner, columns, slope = 0 } = lines;
    const line = Math.floor(k / (inner * columns.count)) * inner + (k % inner);
    if (k % 7 === 3 || (outer * inner > 4 && line === 2)) return Number.NEGATIVE_INFINITY;
    return 3 * Math.sin(k * k) + slope * (Math.floor(k / inner) % columns.count);
  });

/** The definition, over all pairs of each line: by a power of the distance. */
const expected = (lines: Lines, scores: ArrayLike<number>, power: 1 | 2): Float64Array =>
  Float64Array.from({ length: entriesOf(lines, lines.rows) }, (_, k) => {
    const { inner, rows, columns, rate } = lines;
    const row = rows.first + (Math.floor(k / inner) % rows.count) * rows.spacing;
    const start = Math.floor(k / (inner * rows.count)) * inner * columns.count + (k % inner);
    const terms = Array.from(
      { length: columns.count },
      (_, j) => scores[start + j * inner] - rate * Math.abs(row - columns.first - j * columns.spacing) ** power,
    );
    const largest = Math.max(...terms);
    if (largest === Number.NEGATIVE_INFINITY) return largest;
    return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
  });

const shapeOf = (count: number, batch?: number): readonly number[] => (batch ? [batch, count / batch, 1] : [count, 1]);

/** Sums off by a few units of the last place, and results by as much of their size. */
const ERRORS = {
  float32: { sum: 2e-6, size: 2 ** -23 },
  float64: { sum: 1e-12, size: 2 ** -50 },
} as const;

const WAYS = [
  { name: 'logSumExpAlongAxis', id: 'contract/softmax-along-axis', power: 2, what: 'softmaxes along an axis' },
  {
    name: 'logSumExpByDistance',
    id: 'contract/softmax-by-distance',
    power: 1,
    what: 'those where the cost is the distance',
  },
] as const;

/** Softmaxes along an axis of a grid. */
export const axisSoftmaxTests: readonly ConformanceTest[] = [
  ...WAYS.map(
    ({ name: way, id, power, what }): ConformanceTest => ({
      id,
      title: `${what}, where there are any, are what all pairs of each line give, or refused by name`,
      async run({ backend }) {
        const softmax = backend[way];
        if (!softmax) return;
        const { precision } = backend;
        for (const lines of CASES) {
          for (const sums of precision === 'float64' ? ([undefined, 'float32'] as const) : [undefined]) {
            const { name, batch, inner, rows, columns, rate } = lines;
            const given = scoresOf(lines);
            const scores = backend.array(given, shapeOf(given.length, batch));
            try {
              const found = backend[way]?.({ scores, inner, rows, columns, rate, sums }) as DeviceArray;
              const right = expected(lines, await backend.read(scores), power);
              checkEqual(`${name}: shape`, found.shape, shapeOf(right.length, batch));
              const values = await backend.read(found);
              right.forEach((value, k) => {
                const allowed = ERRORS[sums ?? precision].sum + ERRORS[precision].size * Math.abs(value);
                const isRight = Number.isFinite(value) ? Math.abs(values[k] - value) <= allowed : values[k] === value;
                check(isRight, `${name}, entry ${k}: ${values[k]}, and not ${value}`);
              });
              backend.release(found);
            } catch (error) {
              if (!(error instanceof UnsupportedError)) throw error;
              check(error.message.includes(way), `${name}: the error does not name the function`);
            }
            backend.release(scores);
          }
        }
      },
    }),
  ),
  {
    id: 'contract/softmax-along-axis-errors',
    title: 'scores that are not those of such lines, and a rate that is none, are refused with an InvalidFormulaError',
    async run({ backend }) {
      if (!backend.logSumExpAlongAxis) return;
      const scores = backend.array([0, 0, 0, 0, 0, 0], [6, 1]);
      const ask = (columns: EvenNodes, rate: number) => async () =>
        backend.logSumExpAlongAxis?.({ scores, inner: 1, rows: nodes(3), columns, rate });
      await checkThrows('lines of 4', InvalidFormulaError, ask(nodes(4), 1));
      await checkThrows('a spacing of 0', InvalidFormulaError, ask(nodes(3, 0), 1));
      await checkThrows('a rate of NaN', InvalidFormulaError, ask(nodes(3), Number.NaN));
      backend.release(scores);
    },
  },
];
