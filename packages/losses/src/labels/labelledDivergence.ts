import {
  type CheckedMeasure,
  type Cost,
  checkMeasureChunked,
  diameter,
  formula,
  InaccurateError,
  InvalidMeasureError,
  InvalidOptionError,
  type PointsMeasure,
  type RowsMeasure,
  type RunOptions,
  runAsync,
  runSync,
  type Task,
} from '@sinkhorn/core';
import { chunked } from '@sinkhorn/core/extend';
import { checkPositive } from '../checkOptions.js';
import type { GradientOptions, ValueAndGradients } from '../loss.js';
import type { Plan } from '../plan.js';
import { type Potentials, type SinkhornDivergenceOptions, sinkhornDivergence } from '../sinkhornDivergence.js';
import type { Diagnostics, Gradients, WithRespectTo } from '../solution.js';
import { checkOnInaccurate, whenInaccurate } from '../whenInaccurate.js';
import { type LabelCost, type LabelCosts, type LabelledPoints, labelCosts, leastEigenvalue } from './labelCosts.js';
import { checkLabels, type TransferredLabels, transferLabels } from './transferLabels.js';

type Numbers = ArrayLike<number>;

/** Weighted points, flat or as rows, with a label each. */
export type LabelledMeasure = (PointsMeasure | RowsMeasure) & {
  /** [N], whole numbers from 0 on. */
  readonly labels: Numbers;
};

export interface LabelledDivergenceOptions
  extends Omit<SinkhornDivergenceOptions, 'cost' | 'strategy' | 'diameter' | 'p' | 'blur'> {
  /** The length scale under which points are blurred. Default 0.05. */
  readonly blur?: number;
  /** The exponent of the distance between points: 1 or 2. Default 2. */
  readonly p?: 1 | 2;
  readonly labelCost: LabelCost;
  /** What costs between labels are multiplied by, above 0. Default 1. */
  readonly labelWeight?: number;
  /** What is added to the variances of classes, so that few points make a Gaussian too. Default 1e-6. */
  readonly ridge?: number;
}

/** Gradients as other losses have them, with the costs between labels held fixed. */
export type LabelledGradients<W extends WithRespectTo = WithRespectTo> = Gradients<W>;

/** How a result was reached. */
interface LabelledDiagnostics extends Diagnostics {
  /** The least eigenvalue of exp(-costs between labels / eps): below 0 the divergence of some measures with these labels is negative. */
  readonly labelEigenvalue: number;
}

/** A solved problem of labelled points. */
export interface LabelledSolution {
  readonly value: number;
  readonly diagnostics: LabelledDiagnostics;
  readonly potentials: Potentials;
  readonly plan: Plan;
  /** [K, K]: between the labels that there are, times `labelWeight`; where they come from classes, those of x before those of y. */
  readonly labelCosts: Float64Array;
  gradients<W extends WithRespectTo = 'x'>(wrt?: W, options?: RunOptions): Promise<LabelledGradients<W>>;
  /** The labels of y at the points of x, by the plan. */
  transferLabels(options?: RunOptions): Promise<TransferredLabels>;
}

/** A value, the gradients that were asked for, and how they were reached. */
type LabelledValueAndGradients<W extends WithRespectTo> = LabelledGradients<W> & {
  readonly value: number;
  readonly diagnostics: LabelledDiagnostics;
};

/** The Sinkhorn divergence of labelled points. */
export interface LabelledDivergence {
  readonly name: string;
  value(x: LabelledMeasure, y: LabelledMeasure, options?: RunOptions): Promise<number>;
  valueAndGradients<W extends WithRespectTo = 'x'>(
    x: LabelledMeasure,
    y: LabelledMeasure,
    options?: GradientOptions<W>,
  ): Promise<LabelledValueAndGradients<W>>;
  /** The same without waiting, where the backend can be read so. In a page one value has to have been awaited, or `readySinkhorn()` called. */
  valueAndGradientsSync<W extends WithRespectTo = 'x'>(
    x: LabelledMeasure,
    y: LabelledMeasure,
    options?: GradientOptions<W>,
  ): LabelledValueAndGradients<W>;
  solve(x: LabelledMeasure, y: LabelledMeasure, options?: RunOptions): Promise<LabelledSolution>;
}

/** A variance, in squared units of the coordinates: classes with fewer points than dimensions have a covariance with it. Raising it rounds them. Chosen. */
const DEFAULT_RIDGE = 1e-6;
/** An eigenvalue of a positive semidefinite matrix is as much below 0 by rounding. */
const ROUNDING = 1e-12;

/**
 * The Sinkhorn divergence of points with labels: the cost is |x - y|^p / p + labelWeight labelCost[label of x, label of y], as in the
 * distance between data sets of Alvarez-Melis and Fusi (2020). Costs between labels are given, or made of the classes' means and
 * covariances. Gradients hold them fixed.
 *
 * Where exp(-labelCost / eps) has a negative eigenvalue, as it may have with 'bures' in two dimensions or more, the divergence may be
 * negative, and 0 between measures that differ: diagnostics tell the eigenvalue, and `onInaccurate` says what to do beside ('warn' once
 * on the console by default). 'hilbert' never has one.
 *
 * @throws InvalidOptionError when an option is unknown or out of range. Calls throw InvalidMeasureError for labels that do not go with the
 * points or the costs.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { labelledDivergence } from '@sinkhorn/losses/labels';
 *
 * const loss = labelledDivergence({ backend: cpu(), blur: 0.1, labelCost: [[0, 1], [1, 0]] });
 * const x = { points: [0, 1], dimension: 1, labels: [0, 1] };
 * const y = { points: [0.1, 1.1], dimension: 1, labels: [1, 0] };
 * const { plan, transferLabels } = await loss.solve(x, y);
 * // To change its label costs a point more than to go to the other end.
 * if ((await plan.dense())[1] < 0.49) throw new Error('unexpected');
 * if ((await transferLabels()).labels.join() !== '0,1') throw new Error('unexpected');
 * ```
 */
export function labelledDivergence(options: LabelledDivergenceOptions): LabelledDivergence {
  const name = 'labelledDivergence';
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError(`${name} needs options: give { backend, labelCost } at least`);
  }
  const { labelCost, labelWeight = 1, ridge = DEFAULT_RIDGE, p = 2, ...others } = options;
  for (const option of ['cost', 'strategy', 'diameter']) {
    if (option in others)
      throw new InvalidOptionError(`${name} has no option '${option}': its cost is p's and labelCost`);
  }
  if (p !== 1 && p !== 2) throw new InvalidOptionError(`p is ${p}: give 1 or 2`);
  if (labelCost === undefined)
    throw new InvalidOptionError("labelCost is missing: give 'bures', 'hilbert' or a matrix");
  if (!(labelWeight > 0 && labelWeight < Number.POSITIVE_INFINITY)) {
    throw new InvalidOptionError(
      `labelWeight is ${labelWeight}: give a finite number above 0; without labels it is sinkhornDivergence`,
    );
  }
  checkPositive('ridge', ridge);
  // Tells of all other options, before there are measures.
  sinkhornDivergence({ ...others, p });
  const onInaccurate = checkOnInaccurate(options);
  const tellInaccurate = whenInaccurate({ name, onInaccurate });
  const epsilon = (options.blur ?? DEFAULT_BLUR) ** p;
  let isTold = onInaccurate === 'ignore' || options.debias === false;

  function* prepare(x: LabelledMeasure, y: LabelledMeasure) {
    const [one, two] = [yield* labelled('x', x), yield* labelled('y', y)];
    const unweighted = yield* labelCosts(labelCost, one, two, ridge);
    const costs = { ...unweighted, matrix: unweighted.matrix.map((cost) => labelWeight * cost) };
    const labelEigenvalue = yield* leastEigenvalue(costs, epsilon);
    tellNegative(labelEigenvalue);
    const { dimension } = one.measure;
    const size = dimension + 2 * costs.classes;
    const centre = yield* centreOf(one.measure);
    const units = labelUnits(costs, p);
    const loss = sinkhornDivergence({
      ...others,
      onInaccurate: 'ignore',
      p,
      cost: costWith(dimension, costs.classes, p, units.product),
      diameter: yield* longest(one.measure, two.measure, costs, p),
    });
    const measureOf = (side: 'x' | 'y', { measure }: LabelledPoints) =>
      withLabels(measure, costs.places[side], costs, centre, units);
    const [from, to] = [yield* measureOf('x', one), yield* measureOf('y', two)];
    const strip = <W extends WithRespectTo>(gradients: Gradients<W>): Gradients<W> =>
      Object.fromEntries(
        Object.entries(gradients).flatMap(([side, gradient]) =>
          gradient && (side === 'x' || side === 'y')
            ? [[side, { ...gradient, points: firstOf(gradient.points, dimension, size) }]]
            : [],
        ),
      ) as Gradients<W>;
    /** A plan whose means are points without the coordinates of labels, in the place that they were given in. */
    const planOf = ({ apply, marginals, dense, ...plan }: Plan): Plan => ({
      apply,
      marginals,
      dense,
      transpose: () => planOf(plan.transpose()),
      barycentricMap: async (run) => {
        const means = firstOf(await plan.barycentricMap(run), dimension, size);
        return means.map((value, k) => value + centre[k % dimension]);
      },
    });
    const extent = diameter([one.measure, two.measure]) || 1;
    const { accuracy = DEFAULT_ACCURACY } = options;
    let share = 1;
    /** Of gradients with those of labels' coordinates, which nobody gets, the share that is left: errors are relative to that. */
    const look = (full: Gradients, floor: number) => {
      for (const side of ['x', 'y'] as const) {
        const all = full[side]?.points;
        if (!all) continue;
        const left = Math.max(norm(firstOf(all, dimension, size)), floor / extent);
        share = Math.min(share, left / Math.max(left, norm(all)));
      }
    };
    const tell = (diagnostics: Diagnostics): LabelledDiagnostics => {
      const { gradientError, valueError } = diagnostics;
      if (gradientError === undefined) return { ...diagnostics, labelEigenvalue };
      const left = gradientError / share;
      return {
        ...diagnostics,
        gradientError: left,
        accurate: Math.max(valueError, left) <= accuracy,
        labelEigenvalue,
      };
    };
    const told = <W extends WithRespectTo>(found: ValueAndGradients<number, W>) => {
      look(found as Gradients, found.diagnostics.floor);
      return {
        ...strip<W>(found),
        value: found.value,
        diagnostics: tell(found.diagnostics),
      } as LabelledValueAndGradients<W>;
    };
    return { loss, x: from, y: to, costs, strip, told, look, tell, planOf };
  }

  function tellNegative(eigenvalue: number): void {
    if (isTold || eigenvalue >= -ROUNDING) return;
    const message = `${name}: exp(-labelCost / eps) has the eigenvalue ${eigenvalue.toPrecision(2)}, so that the divergence may be negative; use labelCost: 'hilbert', a larger blur, or debias: false`;
    if (onInaccurate === 'throw') throw new InaccurateError(message);
    isTold = true;
    console.warn(`${message}. Said once: onInaccurate: 'ignore' is silent, 'throw' throws.`);
  }

  return {
    name,
    async value(x, y, run) {
      const { loss, x: from, y: to } = await runAsync(prepare(x, y), run);
      const { value, diagnostics } = await loss.solve(from, to, run);
      tellInaccurate(diagnostics);
      return value as number;
    },
    async valueAndGradients(x, y, run) {
      const { loss, x: from, y: to, told } = await runAsync(prepare(x, y), run);
      return told(await loss.valueAndGradients(from, to, run));
    },
    valueAndGradientsSync(x, y, run) {
      const { loss, x: from, y: to, told } = runSync(prepare(x, y), run);
      return told(loss.valueAndGradientsSync(from, to, run));
    },
    async solve(x, y, run) {
      const { loss, x: from, y: to, costs, strip, look, tell, planOf } = await runAsync(prepare(x, y), run);
      const labels = Float64Array.from(y.labels);
      const solution = await loss.solve(from, to, run);
      return {
        value: solution.value as number,
        get diagnostics() {
          return tell(solution.diagnostics);
        },
        potentials: solution.potentials,
        plan: planOf(solution.plan),
        labelCosts: costs.matrix,
        async gradients(wrt, more) {
          const found = await solution.gradients(wrt, more);
          look(found, solution.diagnostics.floor);
          return strip(found);
        },
        transferLabels: (more) => transferLabels(solution.plan, labels, more),
      };
    },
  };
}

const DEFAULT_BLUR = 0.05;
/** Numbers between two places where filling points can be interrupted: some milliseconds. Raising it makes an abort wait longer. Chosen, not measured. */
const NUMBERS_AT_ONCE = 2 ** 20;
const DEFAULT_ACCURACY = 1e-3;

function* labelled(name: string, given: LabelledMeasure) {
  const measure = yield* checkMeasureChunked(name, given);
  const largest = checkLabels(`${name}.labels`, given.labels);
  if (given.labels.length !== measure.count) {
    throw new InvalidMeasureError(
      `${name}.labels has ${given.labels.length} numbers: give one for each of the ${measure.count} points`,
    );
  }
  return { measure, labels: given.labels, largest };
}

/** What coordinates of labels, and their products, are multiplied by. */
interface LabelUnits {
  readonly label: number;
  readonly cost: number;
  readonly product: number;
}

/** Powers of 2, which round nothing, for costs that are about as steep along the coordinates of labels as along those of points. */
function labelUnits({ matrix }: LabelCosts, p: 1 | 2): LabelUnits {
  const largest = matrix.reduce((most, cost) => Math.max(most, Math.abs(cost)), 0);
  const label = largest > 0 ? 2 ** Math.round(Math.log2(largest) / p) : 1;
  return p === 1 ? { label, cost: 1, product: 1 / label } : { label, cost: 1 / label, product: 1 };
}

/** |x - y|^p / p of the first components, and what the label of y costs in the row of that of x: of one product that is not 0, without rounding. */
function costWith(dimension: number, classes: number, p: 1 | 2, unit: number): Cost {
  const { add, component, constant, mul, sqrt, square, sub, sum } = formula;
  const isPoint = constant(Array.from({ length: dimension + 2 * classes }, (_, c) => (c < dimension ? 1 : 0)));
  return (x, y) => {
    const squared = sum(mul(isPoint, square(sub(x, y))));
    let cost = p === 1 ? sqrt(squared) : mul(0.5, squared);
    for (let k = dimension; k < dimension + classes; k++) {
      const product = mul(component(x, k), component(y, k + classes));
      cost = add(cost, unit === 1 ? product : mul(unit, product));
    }
    return cost;
  };
}

/** The points less a centre, as losses do where they know that nothing else counts; then which label each has, and what that costs from all labels. */
function* withLabels(
  { points, weights, count, dimension }: CheckedMeasure,
  places: Uint32Array,
  { matrix, classes }: LabelCosts,
  centre: Float64Array,
  units: LabelUnits,
) {
  const size = dimension + 2 * classes;
  const data = new Float64Array(count * size);
  const fill = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      for (let c = 0; c < dimension; c++) data[i * size + c] = points[i * dimension + c] - centre[c];
      const place = places[i];
      data[i * size + dimension + place] = units.label;
      for (let k = 0; k < classes; k++)
        data[i * size + dimension + classes + k] = units.cost * matrix[k * classes + place];
    }
  };
  yield* chunked(count, fill, Math.ceil(NUMBERS_AT_ONCE / size));
  return { points: data, dimension: size, weights };
}

function* centreOf({ points, count, dimension }: CheckedMeasure): Task<Float64Array> {
  const centre = new Float64Array(dimension);
  yield* chunked(count, (from, to) => {
    for (let i = from; i < to; i++) {
      for (let c = 0; c < dimension; c++) centre[c] += points[i * dimension + c] / count;
    }
  });
  // Of few digits: what is subtracted from points of float32, and from most others, is then without rounding.
  return centre.map(Math.fround);
}

/** The length whose p-th power bounds the costs: what the annealing starts from. */
function* longest(x: CheckedMeasure, y: CheckedMeasure, { matrix }: LabelCosts, p: 1 | 2): Task<number> {
  const low = new Float64Array(x.dimension).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(x.dimension).fill(Number.NEGATIVE_INFINITY);
  for (const { points, count, dimension } of [x, y]) {
    yield* chunked(count, (from, to) => {
      for (let k = from * dimension; k < to * dimension; k++) {
        const c = k % dimension;
        low[c] = Math.min(low[c], points[k]);
        high[c] = Math.max(high[c], points[k]);
      }
    });
  }
  const squares = high.reduce((sum, end, c) => sum + (end - low[c]) ** 2, 0);
  const largest = matrix.reduce((most, cost) => Math.max(most, Math.abs(cost)), 0);
  return (squares ** (p / 2) + largest) ** (1 / p) || 1;
}

/** The first components of each row of some numbers. */
function firstOf<A extends Float32Array | Float64Array>(values: A, kept: number, size: number): A {
  const count = values.length / size;
  const result = values.slice(0, count * kept) as A;
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < kept; c++) result[i * kept + c] = values[i * size + c];
  }
  return result;
}

const norm = (values: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values).reduce((total, value) => total + value * value, 0));
