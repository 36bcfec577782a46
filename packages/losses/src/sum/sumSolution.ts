import {
  type CheckedMeasure,
  finiteNumbers,
  InvalidMeasureError,
  type MeasurePair,
  type Side,
  UnsupportedError,
} from '@sinkhorn/core';
import { checkDirection } from '../checkDirection.js';
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
import { errorOfSum } from '../errorOfSum.js';
import type { Solution } from '../solution.js';
import type { Term } from '../sumOfLosses.js';
import { addTo } from './addTo.js';
import { checkNamesOf, ofTerm, parametersAddedUp } from './parametersOfTerms.js';

/** A part of a sum: its term, and the measures that it was solved for. */
export interface Part {
  readonly term: Term;
  readonly pair: MeasurePair;
  readonly result: Solved;
}

type Direction = MeasureDirection & PairDirection;
/** A part and what it is asked. */
interface Asked {
  readonly part: Part;
  readonly solution: SecondDerivatives;
  readonly direction: Direction;
}

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
  const asked = (direction: Direction): readonly Asked[] => {
    checkDirection(direction);
    const { parameters } = direction;
    if (parameters) {
      checkNamesOf(
        parts.map(({ term }) => term),
        parameters,
      );
    }
    const without = solutions.findIndex((solution) => !solution.hessianVectorProduct);
    if (without >= 0) {
      throw new UnsupportedError(
        `${name} has no hessianVectorProduct, since ${parts[without].term.engine.name} has none: leave that out of the sum`,
      );
    }
    const all = parts.flatMap((part, k): Asked[] => {
      const { points, weights, x, y } = direction;
      const own = parameters && ofTerm(part.term, parameters);
      // What does not move in a term adds nothing.
      if (parameters && !own && !points && !weights && !x && !y) return [];
      const { parameters: _, ...rest } = selected(direction, pair, part.term.columns);
      return [
        { part, solution: solutions[k] as SecondDerivatives, direction: own ? { ...rest, parameters: own } : rest },
      ];
    });
    if (all.length > 0) return all;
    throw new InvalidMeasureError('direction is empty: give points, weights or parameters that it moves');
  };
  const added = (
    asked: readonly Asked[],
    products: readonly (OwnProduct | PairProduct)[],
  ): OwnProduct | PairProduct => {
    const terms = asked.map(({ part: { term } }) => term);
    const parameters = parametersAddedUp(
      terms,
      products.map((product) => product.parameters),
    );
    const bySides = products.map((product) => ('points' in product ? { x: product } : product) as Products);
    const sides = (['x', 'y'] as const).filter((side) => bySides.some((product) => product[side]));
    const totals = Object.fromEntries(
      sides.map((side) => {
        const found = bySides.flatMap((product, k) =>
          product[side] ? [{ term: terms[k], product: product[side] }] : [],
        );
        return [side, sumOf(found, pair[side].dimension)];
      }),
    ) as Products;
    const ofParts = products.map((product) => product.diagnostics);
    /** The error of a sum of what some parts have. */
    const errorOf = (of: (k: number) => ArrayLike<number> | undefined, sum: ArrayLike<number>) =>
      errorOfSum(
        terms.flatMap(({ weight }, k) => {
          const values = of(k);
          return values ? [{ values, error: Math.abs(weight) * ofParts[k].estimatedError }] : [];
        }),
        sum,
      );
    const errors = [
      ...sides.flatMap((side) =>
        (['points', 'weights'] as const).map((of) =>
          errorOf((k) => bySides[k][side]?.[of], (totals[side] as MeasureProduct)[of]),
        ),
      ),
      ...Object.entries(parameters ?? {}).map(([name, sum]) => errorOf((k) => products[k].parameters?.[name], sum)),
    ];
    const diagnostics = {
      ...together(
        ofParts,
        terms.map(({ weight }) => weight),
      ),
      estimatedError: Math.max(...errors),
    };
    const all = 'points' in products[0] ? totals.x : totals;
    return { ...all, ...(parameters && { parameters }), diagnostics } as OwnProduct | PairProduct;
  };
  return Object.assign(plain, {
    async hessianVectorProduct(direction: Direction, options?: ProductOptions) {
      const asks = asked(direction);
      const products: (OwnProduct | PairProduct)[] = [];
      for (const one of asks) products.push(await one.solution.hessianVectorProduct(one.direction, options));
      return added(asks, products);
    },
    hessianVectorProductSync(direction: Direction, options?: ProductOptions) {
      const asks = asked(direction);
      return added(
        asks,
        asks.map((one) => one.solution.hessianVectorProductSync(one.direction, options)),
      );
    },
  }) as Solution & SecondDerivatives;
}

/** A direction in some of the columns. */
function selected(direction: Direction, pair: MeasurePair, columns: readonly number[] | undefined): Direction {
  if (!columns) return direction;
  const of = (one: MeasureDirection, side: Side): MeasureDirection =>
    one.points !== undefined ? { ...one, points: inColumns(one.points, pair[side], columns) } : one;
  const { x, y } = direction;
  return { ...of(direction, 'x'), ...(x && { x: of(x, 'x') }), ...(y && { y: of(y, 'y') }) };
}

function inColumns(points: ArrayLike<number>, measure: CheckedMeasure, columns: readonly number[]): Float64Array {
  const { batch, count, dimension, name } = measure;
  if (!(points?.length > 0) || points.length % (batch * count * dimension) !== 0) {
    throw new InvalidMeasureError(
      `direction.${name}.points has ${points?.length ?? 'no'} numbers: give ${batch * count * dimension}, or as many for each of several directions`,
    );
  }
  const size = columns.length;
  const numbers = finiteNumbers(`direction.${name}.points`, points);
  return Float64Array.from(
    { length: (points.length / dimension) * size },
    (_, k) => numbers[Math.floor(k / size) * dimension + columns[k % size]],
  );
}

function sumOf(
  parts: readonly { readonly term: Term; readonly product: MeasureProduct }[],
  dimension: number,
): MeasureProduct {
  const [{ term: first, product: one }] = parts;
  const width = first.columns?.length ?? dimension;
  const points = new Float64Array((one.points.length / width) * dimension);
  const weights = new Float64Array(one.weights.length);
  for (const { term, product } of parts) {
    addTo(weights, product.weights, term.weight);
    addTo(points, product.points, term.weight, term.columns, dimension);
  }
  return { points, weights };
}

/** What several products say of themselves, as one: work adds up, the worst error counts. */
function together(
  all: readonly ProductDiagnostics[],
  factors: readonly number[],
): Omit<ProductDiagnostics, 'estimatedError'> {
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
