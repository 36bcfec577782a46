import {
  type Backend,
  InvalidOptionError,
  type RunOptions,
  runAsync,
  runSync,
  type Task,
  UnsupportedError,
} from '@sinkhorn/core';
import {
  type CertifiedResult,
  type CostMatrices,
  checkWeights,
  type MatrixProblem,
  type PenaltyOption,
  partialMass,
  penaltiesOf,
  planOfMatrix,
  solveMatrix,
} from '@sinkhorn/core/matrix';
import { checkBackend, checkBoolean, checkNames, checkPositive } from '../checkOptions.js';
import { newton } from '../parts.js';
import type { Potentials } from '../sinkhornDivergence.js';
import type { Diagnostics } from '../solution.js';
import { checkOnInaccurate, type InaccurateOptions, whenInaccurate } from '../whenInaccurate.js';
import { type CheckedMatrix, checkedMatrix, checkSelfMatrix } from './checkedMatrix.js';

type Numbers = ArrayLike<number>;
type Matrix = Numbers | readonly Numbers[];

/** Costs between points, and where transport is to be debiased those of the points of each side with themselves. */
export interface CostMatrix {
  /** [N, M], flat and row by row, or a list of rows: the cost from point i of x to point j of y. */
  readonly matrix: Matrix;
  /** [N, M]; may be left out for a list of rows. */
  readonly shape?: readonly number[];
  /** [N, N], symmetric. */
  readonly x?: Matrix;
  /** [M, M], symmetric. */
  readonly y?: Matrix;
}

export interface MatrixTransportOptions extends InaccurateOptions {
  readonly backend: Backend;
  readonly cost: CostMatrix;
  /** The temperature is blur^p. Default 0.05. */
  readonly blur?: number;
  /** Default 1: the blur is in units of the cost. */
  readonly p?: number;
  /** What is paid where a weight is not taken as it is, as for the Sinkhorn divergence. Default: all weights are. */
  readonly penalty?: PenaltyOption;
  /** Whether to subtract the transport of each side to itself, which needs `cost.x` and `cost.y`. Default false. */
  readonly debias?: boolean;
  /** The marginal error to reach. Default: what the accuracy takes. */
  readonly tolerance?: number;
  /** Sweeps at most. Default 1000. */
  readonly maxIterations?: number;
  /** The relative error of the value that is asked for. Default 1e-3. */
  readonly accuracy?: number;
  /** Bytes that matrices may take on the host and on the device. Default 1e9; diagnostics tell how many they take. */
  readonly memory?: number;
}

export interface MatrixDiagnostics extends Diagnostics {
  /** How far the plan, which is the gradient in the costs, may be off in sum, over its mass. */
  readonly gradientError: number;
  /** What matrices take on the host and on the device. */
  readonly bytes: number;
}

/** Gradients of the value. */
export interface MatrixGradients {
  /** In the costs, [N, M]: the plan. */
  readonly matrix: Float64Array;
  /** In the weights, [N]; where all weights are taken as they are its mean carries no meaning. */
  readonly x: Float64Array;
  /** [M] */
  readonly y: Float64Array;
  /** In `cost.x`, [N, N]: minus half of the plan of x with itself; with debiasing only. */
  readonly matrixX?: Float64Array;
  readonly matrixY?: Float64Array;
}

/** A solved problem. Plan and gradients are computed when first asked for. */
export interface MatrixSolution {
  readonly value: number;
  readonly potentials: Potentials;
  /** [N, M], row by row. */
  readonly plan: Float64Array;
  readonly gradients: MatrixGradients;
  /** <P, C>, the part of the value that is paid for moving. */
  readonly transportCost: number;
  readonly diagnostics: MatrixDiagnostics;
}

export interface MatrixSolveOptions extends RunOptions {
  /** A solution for the same numbers of points that is close by. */
  readonly start?: MatrixSolution;
}

/** Transport between points that are known by their costs alone: weights go in, 1/N each where there are none. */
export interface MatrixTransport {
  readonly name: string;
  value(x?: Numbers, y?: Numbers, options?: RunOptions): Promise<number>;
  valueSync(x?: Numbers, y?: Numbers): number;
  solve(x?: Numbers, y?: Numbers, options?: MatrixSolveOptions): Promise<MatrixSolution>;
  solveSync(x?: Numbers, y?: Numbers, options?: MatrixSolveOptions): MatrixSolution;
}

const OPTIONS = [
  'backend',
  'cost',
  'blur',
  'p',
  'penalty',
  'debias',
  'tolerance',
  'maxIterations',
  'accuracy',
  'memory',
  'onInaccurate',
];
/** A length where costs are p-th powers of some: the default of all losses. Raising it blurs more, in fewer sweeps. */
const DEFAULT_BLUR = 0.05;
/** Sweeps at most. Raising it goes on longer where they are slow. Chosen, not measured. */
const DEFAULT_ITERATIONS = 1000;
/** A share of the value: the default of all losses. Raising it ends sooner. */
const DEFAULT_ACCURACY = 1e-3;
/** Bytes of matrices: what most machines have to spare. Raising it takes larger ones. Chosen. */
const DEFAULT_MEMORY = 1e9;
/** A matrix is kept once on the host, and on the device in both orders and once more in a pass, there with the places of its columns. */
const bytesOf = (entries: number, precision: Backend['precision']): number =>
  entries * (8 + 3 * (precision === 'float32' ? 4 : 8) + 8);

/**
 * Entropic transport whose costs are a matrix: min over plans of <P, C> + eps KL(P, a x b), with penalties on the marginals if wanted
 * (Séjourné et al. 2019); `debias` makes it a divergence of both sides. Costs may be any finite numbers, such as those of a graph, of
 * text, or of a model of your own.
 *
 * The matrix is kept in memory: N M up to some ten millions. Small problems are solved by Newton's method on the host. The gradient in
 * the costs is the plan. A debiased value may be negative where exp(-C / eps) is no positive definite kernel.
 *
 * @throws InvalidOptionError when an option is unknown or out of range, naming it; UnsupportedError where matrices take more memory than
 * `memory`. Calls throw InvalidMeasureError for weights that cannot be used.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { matrixTransport } from '@sinkhorn/losses/matrix';
 *
 * const cost = { matrix: [0, 3, 1, 1, 0, 0], shape: [2, 3] };
 * const transport = matrixTransport({ backend: cpu(), cost, blur: 0.01 });
 * const { value, plan, gradients } = await transport.solve([0.5, 0.5], [0.25, 0.25, 0.5]);
 * // All goes where it costs 0, but for half of the first point, which has to go for 1.
 * if (Math.abs(value - 0.25) > 0.02) throw new Error('unexpected');
 * if (Math.abs(plan[2] - 0.25) > 1e-6 || gradients.matrix[2] !== plan[2]) throw new Error('unexpected');
 * ```
 */
export function matrixTransport(options: MatrixTransportOptions): MatrixTransport {
  const name = 'matrixTransport';
  checkNames(name, options, OPTIONS);
  const { backend, cost, blur = DEFAULT_BLUR, p = 1, penalty = 'balanced', debias = false, tolerance } = options;
  const { maxIterations = DEFAULT_ITERATIONS, accuracy = DEFAULT_ACCURACY, memory = DEFAULT_MEMORY } = options;
  checkBackend(name, backend);
  for (const [option, value] of Object.entries({
    blur,
    p,
    accuracy,
    memory,
    ...(tolerance !== undefined && { tolerance }),
  })) {
    checkPositive(option, value);
  }
  if (!Number.isInteger(maxIterations) || maxIterations < 1) {
    throw new InvalidOptionError(`maxIterations is ${maxIterations}: give a whole number, 1 or more`);
  }
  checkBoolean('debias', debias);
  if (typeof cost !== 'object' || cost === null) {
    throw new InvalidOptionError(`cost is ${cost}: give { matrix, shape }`);
  }
  checkNames('cost', cost, ['matrix', 'shape', 'x', 'y']);
  const { values: xy, rows, columns } = checkedMatrix('cost.matrix', cost.matrix, cost.shape);
  const selfMatrix = (side: 'x' | 'y', count: number): CheckedMatrix | undefined => {
    const given = cost[side];
    if (given === undefined) {
      if (!debias) return undefined;
      throw new InvalidOptionError(
        `debias needs the costs of ${side} with itself: give cost.${side}, or leave debias out`,
      );
    }
    const matrix = checkedMatrix(`cost.${side}`, given, [count, count]);
    checkSelfMatrix(`cost.${side}`, matrix, count);
    return matrix;
  };
  const [xx, yy] = [selfMatrix('x', rows), selfMatrix('y', columns)];
  const entries = rows * columns + (debias ? rows * rows + columns * columns : 0);
  const bytes = bytesOf(entries, (backend.inFloat64 ?? backend).precision);
  if (bytes > memory) {
    throw new UnsupportedError(
      `costs of ${rows} x ${columns} points take ${bytes} bytes, more than memory: ${memory}; raise memory, or use sinkhornDivergence with a cost formula`,
    );
  }
  const costs: CostMatrices = { xy, ...(debias && { xx: xx?.values, yy: yy?.values }) };
  const epsilon = blur ** p;
  const mass = partialMass(penalty);
  const problem: MatrixProblem = {
    costs,
    epsilon,
    penalty: penaltiesOf(mass === undefined ? penalty : 'balanced', p),
    mass,
    debias,
    tolerance,
    accuracy,
    maxIterations,
  };
  const results = new WeakMap<MatrixSolution, CertifiedResult>();
  const tell = whenInaccurate({ name, onInaccurate: checkOnInaccurate(options) });

  function* solve(x?: Numbers, y?: Numbers, start?: MatrixSolution): Task<MatrixSolution> {
    const began = performance.now();
    const pair = { x: weightsOf('x', x, rows), y: weightsOf('y', y, columns) };
    const from = start && results.get(start);
    if (start && !from)
      throw new InvalidOptionError('start is no solution of this transport: give what its solve returned');
    // A Sync method that cannot wait for it goes without: sweeps find the same.
    const solvers = yield* newton();
    const result = yield* solveMatrix(backend, pair, problem, from, solvers?.newtonOnMatrix);
    const { values, potentials, weightGradients, errors } = result;
    const { f_ba, g_ab, f_aa, g_bb } = potentials;
    const [a, b] = [pair.x.weights, pair.y.weights];
    const planBetween = (matrix: Float64Array, u: Float64Array, v: Float64Array, f: Float64Array, g: Float64Array) =>
      planOfMatrix(matrix, u, v, f, g, epsilon);
    const plan = once(() => planBetween(xy, a, b, f_ba, g_ab));
    const gradients = once(
      (): MatrixGradients => ({
        matrix: plan(),
        ...weightGradients,
        ...(f_aa && xx && { matrixX: planBetween(xx.values, a, a, f_aa, f_aa).map((mass) => -mass / 2) }),
        ...(g_bb && yy && { matrixY: planBetween(yy.values, b, b, g_bb, g_bb).map((mass) => -mass / 2) }),
      }),
    );
    const cheap = once(() => plan().reduce((total, mass, k) => total + mass * xy[k], 0));
    const solution: MatrixSolution = {
      value: values[0],
      potentials: { f_ba, g_ab, ...(f_aa && { f_aa }), ...(g_bb && { g_bb }) },
      get plan() {
        return plan();
      },
      get gradients() {
        return gradients();
      },
      get transportCost() {
        return cheap();
      },
      diagnostics: {
        iterations: result.iterations,
        reductions: result.reductions,
        epsilons: result.epsilons,
        marginalError: result.marginalError,
        converged: result.converged,
        method: result.method,
        backend: backend.name,
        strategy: 'dense',
        strategyReason: 'costs are a matrix',
        estimatedError: 0,
        truncatedMass: 0,
        valueError: errors.value,
        gradientError: errors.gradient,
        weightsError: errors.weights,
        floor: errors.floor,
        accurate: Math.max(errors.value, errors.gradient) <= accuracy,
        bytes,
        milliseconds: performance.now() - began,
      },
    };
    results.set(solution, result);
    return solution;
  }

  function* value(x?: Numbers, y?: Numbers): Task<number> {
    const { value: found, diagnostics } = yield* solve(x, y);
    // The plan, which counts elsewhere, is not asked for here.
    tell({ ...diagnostics, accurate: diagnostics.valueError <= accuracy });
    return found;
  }

  return {
    name,
    value: async (x, y, run) => runAsync(value(x, y), run),
    valueSync: (x, y) => runSync(value(x, y)),
    solve: async (x, y, { start, ...run } = {}) => runAsync(solve(x, y, start), run),
    solveSync: (x, y, { start, ...run } = {}) => runSync(solve(x, y, start), run),
  };
}

function weightsOf(side: string, given: Numbers | undefined, count: number) {
  const weights = given ?? new Float64Array(count).fill(1 / count);
  const checked = checkWeights(side, weights);
  if (checked.count === count) return checked;
  throw new InvalidOptionError(`${side} has ${checked.count} weights: give ${count}, one for each point`);
}

function once<T>(make: () => T): () => T {
  let made: readonly [T] | undefined;
  return () => {
    made ??= [make()];
    return made[0];
  };
}
