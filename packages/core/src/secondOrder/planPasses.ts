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
import { readAll, type Task } from '../tasks/task.js';
import { type Units, unitsFor } from '../transport/context.js';
import { eachRow } from '../transport/newton/planOnHost.js';
import type { SinkhornOptions } from '../transport/options.js';
import type { PlanSource } from '../transport/plan.js';
import { inFloat64, isForHost, isTooFine, roundingOf } from '../transport/planPrecision.js';
import { putBlock, takeBlock, valueBlocks } from '../transport/valueBlocks.js';
import { isTakenInFloat32 } from './checkTaken.js';

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
  /** sum_j e_ij b_j, [B, N]: what the plan takes from a unit of each point's mass. Known after any sum at the points of that side. */
  taken(side: Side): Task<Float64Array>;
  /** The precision of sums. */
  readonly precision: 'float32' | 'float64';
  /** Passes over all pairs so far. */
  readonly reductions: number;
  /** Whether a sum was beyond all numbers, which counts as 0: the density where mass grows far from all other mass. */
  readonly overflows: boolean;
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
  /** What the plan takes, of sides that sums were made at. */
  readonly taken: { readonly [S in Side]?: Float64Array };
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
  roundingOf(source) <= ROUNDED_SHARE * tolerance && isTakenInFloat32(source) ? source : inFloat64(source);

/** Where squares, as scalar products take them, are beyond all numbers, to some digits. */
const BEYOND = 1e150;
const isBounded = (value: number): boolean => Math.abs(value) < BEYOND;

/** Does something with the passes over a plan, and frees what they took. */
export function* withPasses<Result>(
  source: PlanSource,
  potentials: Readonly<Record<Side, Float64Array>>,
  tolerance: number,
  use: (passes: PlanPasses) => Task<Result>,
): Task<Result> {
  let overflows = false;
  const bounded = function* (task: Task<Float64Array>): Task<Float64Array> {
    const found = yield* task;
    if (found.every(isBounded)) return found;
    overflows = true;
    return found.map((value) => (isBounded(value) ? value : 0));
  };
  const engine = isForHost(source) ? onHost(source, potentials) : onDevice(fineEnough(source, tolerance), potentials);
  try {
    const { pair, options } = source;
    const { units, points, precision } = engine;
    const inUnits = bySide((side) => potentials[side].map((value) => value / units.energy));
    const isSelf = pair.x === pair.y && potentials.x === potentials.y;
    return yield* use({
      pair,
      options,
      units,
      points,
      precision,
      epsilon: (options.blur / units.length) ** options.p,
      potentials: inUnits,
      *taken(side) {
        const at = isSelf ? 'x' : side;
        return engine.taken[at] ?? (yield* engine.sums(at, WEIGHT));
      },
      get reductions() {
        return engine.reductions;
      },
      get overflows() {
        return overflows;
      },
      means: (...given) => bounded(engine.means(...given)),
      sums: (...given) => bounded(engine.sums(...given)),
    });
  } finally {
    engine.release();
  }
}

const WEIGHT = column('weight');

/**
 * The points of weight 0 that give something to a sum all the same, as weights of 1 and 0: those whose weight moves, or of which something is
 * asked. Undefined where there are none. They go in a pass of their own: the density at two points of weight 0 beside each other is
 * beyond all bounds, and nothing where neither gives anything.
 */
function emptyGivers({ weights }: CheckedMeasure, given: Named): Float64Array | undefined {
  const isGiven = (name: string, index: number): boolean => {
    const values = given[name];
    if (!values) return false;
    const size = values.length / weights.length;
    for (let c = index * size; c < (index + 1) * size; c++) if (values[c] !== 0) return true;
    return false;
  };
  const givers = weights.map((weight, index) => {
    if (weight > 0) return 0;
    if (isGiven('weightMove', index) || isGiven('multiplier', index)) return 1;
    const ofShare = ['cotangent', 'values'].filter((name) => given[name]);
    return isGiven('share', index) && (ofShare.length === 0 || ofShare.some((name) => isGiven(name, index))) ? 1 : 0;
  });
  return givers.includes(1) ? givers : undefined;
}

/** Weights that rows may be divided by: those of 0 as 1. */
const filledWeights = ({ weights }: CheckedMeasure): Float64Array => weights.map((weight) => (weight > 0 ? weight : 1));

/** Adds what the pass over such points found: where a density overflows that is multiplied by 0 there is nothing. */
function addFromGivers(total: Float64Array, more: ArrayLike<number>): void {
  for (let k = 0; k < total.length; k++) if (!Number.isNaN(more[k])) total[k] += more[k];
}

/**
 * Powers of two that what the plan takes of points may differ by within a pass. Backends leave out columns of a softmax below 2^-100 of the largest
 * one, and gradients divide by what is taken of a column: what is left out is below 2^-40 of the rest. Raising it takes fewer passes.
 */
const GROUP_BITS = 60;

/** The points of a side that have mass, by how little of it an unbalanced plan takes: exp(-f / rho). All in one group but where some are far away. */
function groupedByMass({ pair, options: { reach, p } }: PlanSource, side: Side, potentials: Float64Array): boolean[][] {
  const rho = reach[side] ** p;
  const { weights } = pair[side];
  const levels = Array.from(potentials, (f) => Math.round(f / rho / Math.LN2 / GROUP_BITS));
  const known = new Set(levels.filter((_, i) => weights[i] > 0).sort((one, other) => one - other));
  return Array.from(known, (level) => levels.map((at) => at === level));
}

/** Whether values that are given to columns are so much larger where little is taken that each group needs a pass. */
function isWide(groups: readonly (readonly boolean[])[], values: readonly ArrayLike<number>[]): boolean {
  if (groups.length === 1) return false;
  const largest = groups.map((of) =>
    values.reduce((most, all) => {
      const size = all.length / of.length;
      let found = most;
      for (let k = 0; k < all.length; k++) if (of[Math.floor(k / size)]) found = Math.max(found, Math.abs(all[k]));
      return found;
    }, 0),
  );
  return largest.some((most) => most > 2 ** (GROUP_BITS / 2) * largest[0]);
}

/** Means over all columns from those over groups of them, with the logarithms of their totals. */
function meansOf(groups: readonly (readonly ArrayLike<number>[])[], size: number): Float64Array {
  const [[first, logarithmsOfFirst]] = groups;
  const found = new Float64Array(first.length);
  for (let i = 0; i < logarithmsOfFirst.length; i++) {
    const largest = groups.reduce((most, [, totals]) => Math.max(most, totals[i]), Number.NEGATIVE_INFINITY);
    const shares = groups.map(([, totals]) => Math.exp(totals[i] - largest));
    const total = shares.reduce((sum, share) => sum + share, 0);
    for (const [k, [means]] of groups.entries()) {
      for (let c = i * size; c < (i + 1) * size; c++) found[c] += (shares[k] / total) * means[c];
    }
  }
  return found;
}

const sizeOf = (values: ArrayLike<number>, { batch, count }: CheckedMeasure): number => values.length / (batch * count);

/** e_ij over its weight in the softmax: b_j, or 1 where that is 0. */
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
  const taken: { [S in Side]?: Float64Array } = {};
  const groups = onceBySide((side) => groupedByMass(source, side, potentials[side]));
  const groupWeights = onceBySide((side) =>
    groups(side).map((of) => upload(side, logarithms(pair[side].weights.map((weight, i) => (of[i] ? weight : 0))))),
  );
  /** The logarithms of weights of the columns, for each pass that is needed where they give such values. */
  const passesOver = (side: Side, values: readonly ArrayLike<number>[]): readonly DeviceArray[] =>
    isWide(groups(side), values) ? groupWeights(side) : [uploaded(side).logWeights];
  return {
    units,
    points,
    taken,
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
        const parts: (readonly ArrayLike<number>[])[] = [];
        const over = passesOver(other(side), [values]);
        for (const logWeights of over) {
          const results = geometryOf(side).pass({ logWeights, potential: across.potential }, epsilon, {
            kind: 'softmaxMean',
            value: vectors(block.width),
            columns: { value },
          });
          parts.push(yield* readAll(backend, over.length > 1 ? results : results.slice(0, 1)));
          space.release(...results);
        }
        putBlock(found, size, block, parts.length > 1 ? meansOf(parts, block.width) : parts[0][0]);
        space.release(value);
      }
      return found;
    },
    *sums(side, value, { rows = {}, columns = {}, parameters = {} } = {}) {
      const [here, across] = [uploaded(side), uploaded(other(side))];
      const [given, givenAcross] = [uploadAll(side, rows), uploadAll(other(side), columns)];
      const over = function* (logWeights: DeviceArray): Task<readonly ArrayLike<number>[]> {
        const results = geometryOf(side).pass({ logWeights, potential: across.potential }, epsilon, {
          kind: 'softmaxMean',
          value: perWeight(value),
          finish: density(value),
          rows: { potential: here.potential, weight: here.weights, ...given },
          columns: { weight: across.weights, inverseWeight: across.inverseWeights, ...givenAcross },
          parameters,
        });
        const found = yield* readAll(backend, results);
        space.release(...results);
        return found;
      };
      const found = new Float64Array(pair[side].batch * pair[side].count * value.size);
      const totals = new Float64Array(potentials[side].length);
      for (const logWeights of passesOver(other(side), Object.values(columns))) {
        const [sums, logarithmsOfTotals] = yield* over(logWeights);
        for (let k = 0; k < found.length; k++) found[k] += sums[k];
        for (const [i, f] of potentials[side].entries()) {
          totals[i] += Math.exp(f / units.energy / epsilon + logarithmsOfTotals[i]);
        }
      }
      taken[side] ??= totals;
      const givers = emptyGivers(pair[other(side)], columns);
      if (givers) {
        const logWeights = upload(other(side), logarithms(givers));
        addFromGivers(found, (yield* over(logWeights))[0]);
        space.release(logWeights);
      }
      space.release(...Object.values(given), ...Object.values(givenAcross));
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
  return {
    points: upload(side, points),
    weights: upload(side, measure.weights),
    logWeights: upload(side, logarithms(measure.weights)),
    inverseWeights: upload(
      side,
      filledWeights(measure).map((weight) => 1 / weight),
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
  let reductions = 0;
  const taken: { [S in Side]?: Float64Array } = {};
  return {
    taken,
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
      const addOver = function* (weights: Float64Array): Task<Float64Array> {
        const scales = new Float64Array(here.weights.length);
        const columnsOf = { ...there, weights };
        const rowsOf = { ...here, weights: filled[side] };
        const measures = side === 'x' ? { x: rowsOf, y: columnsOf } : { x: columnsOf, y: rowsOf };
        yield* eachRow({ ...host, pair: measures }, side, ({ index, element, mass, shares, support }) => {
          const scale = mass / filled[side][index];
          scales[index] = scale;
          for (let from = 0; from < support.length; from += width) {
            const entries = Math.min(width, support.length - from);
            const columnAt = (k: number) => element * there.count + support[from + k];
            const values = compute(entries, ({ side: at, name, size: parts }, into) => {
              for (let k = 0; k < entries; k++) {
                const start = (at === 'row' ? index : columnAt(k)) * parts;
                for (let c = 0; c < parts; c++) into[c * width + k] = known[at][name][start + c];
              }
            });
            for (let k = 0; k < entries; k++) {
              const entry = (scale * shares[from + k]) / filled[across][columnAt(k)];
              for (let c = 0; c < size; c++) {
                const given = values[c * width + k];
                if (given !== 0) found[index * size + c] += entry * given;
              }
            }
          }
        });
        return scales;
      };
      const scales = yield* addOver(there.weights);
      taken[side] ??= scales;
      const givers = emptyGivers(there, columns);
      if (givers) {
        reductions += 1;
        yield* addOver(givers);
      }
      return found;
    },
  };
}
