import type { DeviceArray } from '../backend/backend.js';
import { type Workspace, workspace } from '../backend/workspace.js';
import { UnsupportedError } from '../errors.js';
import { blockProgram } from '../formula/blockProgram.js';
import {
  add,
  column,
  type Expression,
  exp,
  mul,
  parameter,
  reduced,
  reducedLogSumExp,
  row,
  type Variable,
} from '../formula/expression.js';
import { remembered } from '../formula/remembered.js';
import { pairwiseAt } from '../geometry/pairwise/pairwise.js';
import { logarithms, shapeOf } from '../measure/deviceMeasure.js';
import { rawFrame, toFrame } from '../measure/frame.js';
import type { CheckedMeasure } from '../measure/measure.js';
import type { MeasurePair } from '../measure/pair.js';
import { bySide, other, type Side } from '../measure/side.js';
import { read, type Task } from '../tasks/task.js';
import { type Units, unitsFor } from '../transport/context.js';
import { eachRow } from '../transport/newton/planOnHost.js';
import type { SinkhornOptions } from '../transport/options.js';
import type { PlanSource } from '../transport/plan.js';
import { inFloat64, isForHost, isTooFine, roundingOf } from '../transport/planPrecision.js';
import { putBlock, takeBlock, valueBlocks } from '../transport/valueBlocks.js';

/** Numbers of each point of a side, [B, N, size] for some size. */
export type Named = Readonly<Record<string, ArrayLike<number>>>;

/**
 * What derivatives take from a plan pi_ij = a_i e_ij b_j, e_ij = exp((f_i + g_j - C_ij) / eps): sums over pairs, in the units and the
 * frame of whoever computes them. The density e is known at points of weight 0 too, where pi says nothing.
 */
export interface PlanPasses {
  readonly pair: MeasurePair;
  readonly options: SinkhornOptions;
  readonly units: Units;
  readonly epsilon: number;
  /** Potentials in these units, [B, N]. */
  readonly potentials: Readonly<Record<Side, Float64Array>>;
  /** Of each side the points in the frame, [B, N, D]. */
  readonly points: Readonly<Record<Side, ArrayLike<number>>>;
  /** sum_j e_ij b_j, [B, N]: what the plan takes from a unit of each point's mass. */
  readonly taken: Readonly<Record<Side, Float64Array>>;
  /** The precision of sums. */
  readonly precision: 'float32' | 'float64';
  /** Passes over all pairs so far. */
  readonly reductions: number;
  /** sum_j pi_ij v_j / sum_j pi_ij at every point of a side, [B, N, size]; `values` is [B, M, size]. */
  means(side: Side, values: Float64Array, size: number): Task<Float64Array>;
  /**
   * sum_j e_ij value_ij at every point of a side, [B, N, size]. The value is a formula of the variables given by name, of `point`,
   * `weight` and `potential` on both sides, and of the parameter `inverseEpsilon`.
   */
  sums(side: Side, value: Expression, given?: Given): Task<Float64Array>;
}

/** What a formula takes beside what is known: numbers of rows and of columns, and of the whole problem. */
export interface Given {
  readonly rows?: Named;
  readonly columns?: Named;
  readonly parameters?: Readonly<Record<string, number>>;
}

/** How passes are made: by a device, or on the host. */
interface Engine extends Pick<PlanPasses, 'means' | 'sums' | 'units' | 'precision'> {
  readonly points: PlanPasses['points'];
  readonly reductions: number;
  release(): void;
}

/**
 * The share of a tolerance that float32 may round off entries: they are off in all directions, and what is summed is off by less. Raising it
 * takes longer in float64 less often. Chosen, not measured.
 */
const ROUNDED_SHARE = 1 / 4;

/** The device in float32 where that is enough for a tolerance, in float64 where it has that. */
const fineEnough = (source: PlanSource, tolerance: number): PlanSource =>
  roundingOf(source) <= ROUNDED_SHARE * tolerance ? source : inFloat64(source);

/** Does something with the passes over a plan, and frees what they took. */
export function* withPasses<Result>(
  source: PlanSource,
  potentials: Readonly<Record<Side, Float64Array>>,
  tolerance: number,
  use: (passes: PlanPasses) => Task<Result>,
): Task<Result> {
  const engine = isForHost(source) ? onHost(source, potentials) : onDevice(fineEnough(source, tolerance), potentials);
  try {
    const { pair, options } = source;
    const { units, points, precision } = engine;
    const inUnits = bySide((side) => potentials[side].map((value) => value / units.energy));
    const taken = yield* engine.sums('x', WEIGHT);
    const isSelf = pair.x === pair.y && potentials.x === potentials.y;
    return yield* use({
      pair,
      options,
      units,
      points,
      precision,
      epsilon: (options.blur / units.length) ** options.p,
      potentials: inUnits,
      taken: { x: taken, y: isSelf ? taken : yield* engine.sums('y', WEIGHT) },
      get reductions() {
        return engine.reductions;
      },
      means: engine.means,
      sums: engine.sums,
    });
  } finally {
    engine.release();
  }
}

const WEIGHT = column('weight');

/**
 * Weights for passes over all points: those of weight 0 count as the mean one, and formulas take care of what they are worth. So each
 * has its density.
 */
function filledWeights({ weights, masses, count }: CheckedMeasure): Float64Array {
  return weights.map((weight, index) => {
    const mean = masses[Math.floor(index / count)] / count;
    return weight > 0 ? weight : mean;
  });
}

const sizeOf = (values: ArrayLike<number>, { batch, count }: CheckedMeasure): number => values.length / (batch * count);

/** e_ij over its weight in the softmax: b_j of filled weights. */
const perWeight = remembered((value: Expression) => mul(column('inverseWeight'), value));

const density = remembered((value: Expression) =>
  mul(exp(add(mul(parameter('inverseEpsilon'), row('potential')), reducedLogSumExp())), reduced(value.size)),
);

function onDevice(source: PlanSource, potentials: Readonly<Record<Side, Float64Array>>): Engine {
  const { backend, pair, options } = source;
  if (backend.precision === 'float32' && isTooFine(source)) {
    throw new UnsupportedError(
      `derivatives of this plan need float64, which ${backend.name} does not have, and ${pair.x.count} x ${pair.y.count} pairs are too many ` +
        'for the host: take a backend in float64, such as wasm() or cpu()',
    );
  }
  const space = workspace(backend);
  const units = unitsFor(backend, pair, options);
  const epsilon = (options.blur / units.length) ** options.p;
  const points = bySide((side) => toFrame(pair[side], units.frame));
  const upload = (side: Side, values: ArrayLike<number>) =>
    space.upload(values, shapeOf(pair[side], sizeOf(values, pair[side])));
  const uploaded = onceBySide((side) => sideOnDevice(upload, side, pair[side], points[side], potentials[side], units));
  const geometryOf = onceBySide((side) =>
    pairwiseAt(side, {
      space,
      cost: options.cost,
      rows: { dimension: pair.x.dimension, points: uploaded(side).points },
      columns: { dimension: pair.x.dimension, points: uploaded(other(side)).points },
    }),
  );
  return {
    units,
    points,
    precision: backend.precision,
    get reductions() {
      return space.reductions;
    },
    release: () => space.releaseAll(),
    *means(side, values, size) {
      const across = uploaded(other(side));
      const found = new Float64Array(pair[side].batch * pair[side].count * size);
      for (const block of valueBlocks(size)) {
        const value = upload(other(side), takeBlock(values, size, block));
        const results = geometryOf(side).pass(across, epsilon, {
          kind: 'softmaxMean',
          value: vectors(block.width),
          columns: { value },
        });
        putBlock(found, size, block, yield* read(backend, results[0]));
        space.release(value, ...results);
      }
      return found;
    },
    *sums(side, value, { rows = {}, columns = {}, parameters = {} } = {}) {
      const [here, across] = [uploaded(side), uploaded(other(side))];
      const [given, givenAcross] = [uploadAll(side, rows), uploadAll(other(side), columns)];
      const results = geometryOf(side).pass({ logWeights: across.filled, potential: across.potential }, epsilon, {
        kind: 'softmaxMean',
        value: perWeight(value),
        finish: density(value),
        rows: { potential: here.potential, weight: here.weights, ...given },
        columns: { weight: across.weights, inverseWeight: across.inverseWeights, ...givenAcross },
        parameters,
      });
      const found = Float64Array.from(yield* read(backend, results[0]));
      space.release(...Object.values(given), ...Object.values(givenAcross), ...results);
      return found;
    },
  };

  function uploadAll(side: Side, named: Named): Record<string, DeviceArray> {
    return Object.fromEntries(Object.entries(named).map(([name, values]) => [name, upload(side, values)]));
  }
}

const vectors = (() => {
  const known = new Map<number, Variable>();
  return (size: number): Variable => {
    const found = known.get(size) ?? column('value', size);
    known.set(size, found);
    return found;
  };
})();

function onceBySide<Result>(make: (side: Side) => Result): (side: Side) => Result {
  const made: { [S in Side]?: Result } = {};
  return (side) => {
    made[side] ??= make(side);
    return made[side] as Result;
  };
}

function sideOnDevice(
  upload: (side: Side, values: ArrayLike<number>) => ReturnType<Workspace['upload']>,
  side: Side,
  measure: CheckedMeasure,
  points: ArrayLike<number>,
  potential: Float64Array,
  { energy }: Units,
) {
  const filled = filledWeights(measure);
  return {
    points: upload(side, points),
    weights: upload(side, measure.weights),
    logWeights: upload(side, logarithms(measure.weights)),
    filled: upload(side, logarithms(filled)),
    inverseWeights: upload(
      side,
      filled.map((weight) => 1 / weight),
    ),
    potential: upload(
      side,
      potential.map((value) => value / energy),
    ),
  };
}

/** The same in float64 on the host, where the device is too coarse. */
function onHost(source: PlanSource, potentials: Readonly<Record<Side, Float64Array>>): Engine {
  const { pair, options } = source;
  const { dimension } = pair.x;
  const inverseEpsilon = 1 / options.blur ** options.p;
  const host = { pair, options, potentials: { f_ba: potentials.x, g_ab: potentials.y } };
  const filled = bySide((side) => filledWeights(pair[side]));
  const filledPair = bySide((side) => ({ ...pair[side], weights: filled[side] }));
  let reductions = 0;
  return {
    units: { frame: rawFrame(dimension), length: 1, energy: 1 },
    points: bySide((side) => pair[side].points),
    precision: 'float64',
    get reductions() {
      return reductions;
    },
    release: () => {},
    *means(side, values, size) {
      reductions += 1;
      const { batch, count } = pair[side];
      const columns = pair[other(side)].count;
      const found = new Float64Array(batch * count * size);
      yield* eachRow(host, side, ({ index, element, shares, support }) => {
        for (const [k, j] of support.entries()) {
          const at = (element * columns + j) * size;
          for (let c = 0; c < size; c++) found[index * size + c] += shares[k] * values[at + c];
        }
      });
      return found;
    },
    *sums(side, value, { rows = {}, columns = {}, parameters = {} } = {}) {
      reductions += 1;
      const across = other(side);
      const [here, there] = [pair[side], pair[across]];
      const known = {
        row: { point: here.points, weight: here.weights, potential: potentials[side], ...rows },
        column: { point: there.points, weight: there.weights, potential: potentials[across], ...columns },
      } as Readonly<Record<string, Named>>;
      const { width, compute } = blockProgram(value, { inverseEpsilon, ...parameters });
      const { size } = value;
      const found = new Float64Array(here.batch * here.count * size);
      yield* eachRow({ ...host, pair: filledPair }, side, ({ index, element, mass, shares }) => {
        const scale = mass / filled[side][index];
        for (let from = 0; from < there.count; from += width) {
          const entries = Math.min(width, there.count - from);
          const first = element * there.count + from;
          const values = compute(entries, ({ side: at, name, size: parts }, into) => {
            const [start, step] = at === 'row' ? [index, 0] : [first, parts];
            for (let c = 0; c < parts; c++) {
              for (let k = 0; k < entries; k++) into[c * width + k] = known[at][name][start * parts + k * step + c];
            }
          });
          for (let k = 0; k < entries; k++) {
            const entry = (scale * shares[from + k]) / filled[across][first + k];
            for (let c = 0; c < size; c++) found[index * size + c] += entry * values[c * width + k];
          }
        }
      });
      return found;
    },
  };
}
