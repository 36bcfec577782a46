import {
  type CheckedMeasure,
  InvalidMeasureError,
  type MeasurePair,
  type Side,
  UnsupportedError,
} from '@sinkhorn/core';
import type {
  MeasureDirection,
  MeasureProduct,
  OwnProduct,
  PairDirection,
  PairProduct,
  ProductDiagnostics,
  ProductOptions,
  SecondDerivatives,
} from '../derivatives.js';
import type { Solved } from '../engine.js';
import type { Solution } from '../solution.js';
import type { Term } from '../sumOfLosses.js';
import { addTo } from './addTo.js';

/** A part of a sum: its term, and the measures that it was solved for. */
export interface Part {
  readonly term: Term;
  readonly pair: MeasurePair;
  readonly result: Solved;
}

type Direction = MeasureDirection & PairDirection;
type Products = { readonly [S in Side]?: MeasureProduct };

/** The solution of a weighted sum of losses: its Hessian is the sum of theirs. */
export function sumSolution(
  name: string,
  plain: Solution,
  pair: MeasurePair,
  parts: readonly Part[],
): Solution & SecondDerivatives {
  const solutions = parts.map(
    ({ term: { engine, extend }, pair: own, result }) =>
      extend(
        { ...plain, diagnostics: { ...result.diagnostics, milliseconds: 0 } },
        { engine, pair: own, result },
      ) as Solution & Partial<SecondDerivatives>,
  );
  const asked = (direction: Direction): readonly Direction[] => {
    if ('parameters' in direction) {
      throw new UnsupportedError(
        `${name} has no derivatives in parameters: take those of the losses that it is made of`,
      );
    }
    const without = solutions.findIndex((solution) => !solution.hessianVectorProduct);
    if (without >= 0) {
      throw new UnsupportedError(
        `${name} has no hessianVectorProduct, since ${parts[without].term.engine.name} has none: leave that out of the sum`,
      );
    }
    return parts.map(({ term: { columns } }) => selected(direction, pair, columns));
  };
  const added = (products: readonly (OwnProduct | PairProduct)[]): OwnProduct | PairProduct => {
    const diagnostics = together(
      products.map((product) => product.diagnostics),
      parts.map(({ term }) => term.weight),
    );
    const own = products.map((product) => ('points' in product ? { x: product } : product) as Products);
    const total = (side: Side) =>
      sumOf(
        own.map((product) => product[side] as MeasureProduct),
        parts,
        pair[side].dimension,
      );
    if ('points' in products[0]) return { ...total('x'), diagnostics };
    const sides = (['x', 'y'] as const).filter((side) => own[0][side]);
    return { ...Object.fromEntries(sides.map((side) => [side, total(side)])), diagnostics };
  };
  return Object.assign(plain, {
    async hessianVectorProduct(direction: Direction, options?: ProductOptions) {
      const products: (OwnProduct | PairProduct)[] = [];
      for (const [k, one] of asked(direction).entries()) {
        products.push(await (solutions[k] as SecondDerivatives).hessianVectorProduct(one, options));
      }
      return added(products);
    },
    hessianVectorProductSync: (direction: Direction, options?: ProductOptions) =>
      added(
        asked(direction).map((one, k) => (solutions[k] as SecondDerivatives).hessianVectorProductSync(one, options)),
      ),
  }) as Solution & SecondDerivatives;
}

/** A direction in some of the columns. */
function selected(direction: Direction, pair: MeasurePair, columns: readonly number[] | undefined): Direction {
  if (!columns) return direction;
  const of = (one: MeasureDirection, side: Side): MeasureDirection =>
    one.points ? { ...one, points: inColumns(one.points, pair[side], columns) } : one;
  const { x, y } = direction;
  return { ...of(direction, 'x'), ...(x && { x: of(x, 'x') }), ...(y && { y: of(y, 'y') }) };
}

function inColumns(points: ArrayLike<number>, measure: CheckedMeasure, columns: readonly number[]): Float64Array {
  const { batch, count, dimension, name } = measure;
  if (!(points.length > 0) || points.length % (batch * count * dimension) !== 0) {
    throw new InvalidMeasureError(
      `direction of ${name}: points has ${points.length} numbers: give ${batch * count * dimension}, or as many for each of several directions`,
    );
  }
  const size = columns.length;
  return Float64Array.from(
    { length: (points.length / dimension) * size },
    (_, k) => points[Math.floor(k / size) * dimension + columns[k % size]],
  );
}

function sumOf(products: readonly MeasureProduct[], parts: readonly Part[], dimension: number): MeasureProduct {
  const [first] = products;
  const width = parts[0].term.columns?.length ?? dimension;
  const points = new Float64Array((first.points.length / width) * dimension);
  const weights = new Float64Array(first.weights.length);
  for (const [k, { term }] of parts.entries()) {
    addTo(weights, products[k].weights, term.weight);
    addTo(points, products[k].points, term.weight, term.columns, dimension);
  }
  return { points, weights };
}

/** What several products say of themselves, as one: work adds up, the worst error counts. */
function together(all: readonly ProductDiagnostics[], factors: readonly number[]): ProductDiagnostics {
  const of = <Key extends keyof ProductDiagnostics>(key: Key) => all.map((one) => one[key]);
  const most = (key: 'iterations' | 'residual' | 'tolerance' | 'marginalError') => Math.max(...of(key));
  const sum = (key: 'coincident' | 'reductions') => of(key).reduce((total, count) => total + count, 0);
  const curvature = all[0].curvature.map((_, k) =>
    all.reduce((total, one, term) => total + factors[term] * one.curvature[k], 0),
  );
  return {
    iterations: most('iterations'),
    residual: most('residual'),
    tolerance: most('tolerance'),
    converged: of('converged').every(Boolean),
    marginalError: most('marginalError'),
    smallestEigenvalue: Math.min(...of('smallestEigenvalue')),
    determined: of('determined').every(Boolean),
    coincident: sum('coincident'),
    reductions: sum('reductions'),
    backend: [...new Set(of('backend'))].join(', '),
    curvature,
    negativeCurvature: curvature.some((value) => value < 0),
  };
}
