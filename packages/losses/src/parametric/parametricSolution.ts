import {
  bySide,
  checkRunOptions,
  finiteNumbers,
  InvalidMeasureError,
  type MeasurePair,
  other,
  runSync,
  type Side,
} from '@sinkhorn/core';
import { checkDirection, checkWithRespectTo } from '../checkDirection.js';
import { checkedMeasure } from '../checkedMeasure.js';
import type {
  Cotangents,
  Interpolation,
  MapOptions,
  MeasureDirection,
  MeasureProduct,
  PairProduct,
  ParameterDirection,
  ProblemDirection,
  ProductOptions,
  RowMoves,
} from '../derivatives.js';
import { errorOfSum } from '../errorOfSum.js';
import { like } from '../makeLoss.js';
import type { Measure } from '../measure.js';
import type { DifferentiablePlan } from '../plan.js';
import type { SinkhornSolution } from '../sinkhornDivergence.js';
import type { Solution } from '../solution.js';
import { byName, type Layout } from './layout.js';
import { countOf, gathered, lifted, narrowed, widened } from './lifted.js';

/** A solution of points that carry parameters, and what is known of it. */
interface Context {
  /** What all solutions have: value, diagnostics, gradients. */
  readonly plain: Solution;
  readonly pair: MeasurePair;
  readonly layout: Layout;
  readonly values: Float64Array;
}

type Method = (...given: never[]) => unknown;

/** A direction of everything that a problem is made of. */
type Direction = Omit<ProblemDirection, 'x' | 'y'> & { readonly [S in Side]?: MeasureDirection };

/** Methods with their twins that end in Sync: what they are given is changed, and so is what they give. */
function around<Methods extends object>(
  of: Methods,
  name: string,
  before: (...given: never[]) => readonly unknown[],
  after: (found: never, ...given: never[]) => unknown,
): object {
  const [wait, sync] = [name, `${name}Sync`].map((key) => (of as Record<string, Method>)[key]);
  return {
    [name]: async (...given: never[]) => after((await wait(...(before(...given) as never[]))) as never, ...given),
    [`${name}Sync`]: (...given: never[]) => after(sync(...(before(...given) as never[])) as never, ...given),
  };
}

const same = <Value>(value: Value): Value => value;

/** What users get of a solution of lifted points: everything at the points that they gave, and in their parameters. */
export function parametricSolution<S extends Solution>(solution: S, context: Context): S {
  const found = solution as S & Partial<SinkhornSolution>;
  const { layout, values, plain } = context;
  return Object.assign(found, {
    gradients: plain.gradients,
    gradientsSync: plain.gradientsSync,
    ...(found.hessianVectorProduct && hessianVectorProduct(found as SinkhornSolution, context)),
    ...(found.potentialsJvp &&
      around(
        { ...found },
        'potentialsJvp',
        (direction: ProblemDirection, ...rest) => [moved(direction, context), ...rest],
        same,
      )),
    ...(found.potentialsVjp &&
      around(
        { ...found },
        'potentialsVjp',
        (...given) => given,
        (one: Cotangents) => cotangents(one, context),
      )),
    ...(found.plan && { plan: planOf(found.plan, 'x', context) }),
    ...(found.potentialsAt && displacements(found as SinkhornSolution, context)),
    get parameters() {
      return byName(layout, values);
    },
  });
}

/** What a solution says at other points, which carry its parameters then. */
function displacements(solution: SinkhornSolution, { pair, layout, values }: Context): object {
  const { dimension } = pair.x;
  const carrying = (points: Measure, side: Side): Measure => {
    const at = runSync(checkedMeasure('points', points));
    if (at.dimension !== dimension) {
      throw new InvalidMeasureError(
        `points have ${at.dimension} coordinates, and ${pair[side].name} has ${dimension}: give both the same`,
      );
    }
    const { batch, batched, count, dimension: width, points: data, weights } = lifted(at, values);
    return { data, shape: batched ? [batch, count, width] : [count, width], weights };
  };
  const inWidth = (points: Float64Array) => narrowed(points, dimension, layout.size);
  const before = { ...solution };
  return {
    ...around(
      before,
      'potentialsAt',
      (points: Measure, side: Side = 'x', ...rest) => [carrying(points, side), side, ...rest],
      same,
    ),
    ...around(
      before,
      'map',
      (points: Measure, options?: MapOptions) => [carrying(points, options?.side ?? 'x'), options],
      inWidth,
    ),
    ...around(
      before,
      'interpolate',
      (...given) => given,
      (one: Interpolation) => ({ ...one, points: inWidth(one.points), dimension }),
    ),
  };
}

/** The direction of lifted points that a direction of points, weights and parameters is. */
function moved(given: Direction & ParameterDirection, { pair, layout }: Context): Direction {
  checkDirection(given);
  const { parameters, ...direction } = given;
  const { size, places } = layout;
  const parts = new Map<string, number>();
  let moves: Float64Array | undefined;
  if (parameters !== undefined) {
    const wrong = Object.keys(parameters).find((name) => !places.some((place) => place.name === name));
    if (wrong !== undefined || Object.keys(parameters).length === 0) {
      throw new InvalidMeasureError(
        `direction.parameters has ${wrong ?? 'nothing'}: there are ${places.map(({ name }) => name).join(', ')}`,
      );
    }
    const changed = places.flatMap(({ name, from, size: length }) => {
      const value = parameters[name];
      if (value === undefined) return [];
      const numbers = finiteNumbers(`direction.parameters.${name}`, typeof value === 'number' ? [value] : value);
      parts.set(`parameters.${name}`, countOf(`direction.parameters.${name}`, numbers, length));
      return [{ from, length, numbers }];
    });
    const [first] = parts.values();
    moves = new Float64Array(first * size);
    for (const { from, length, numbers } of changed) {
      for (let k = 0; k < numbers.length; k++) {
        moves[Math.floor(k / length) * size + from + (k % length)] = numbers[k] / 2;
      }
    }
  }
  for (const side of ['x', 'y'] as const) {
    const { batch, count, dimension } = pair[side];
    const points = direction[side]?.points;
    if (points !== undefined)
      parts.set(`${side}.points`, countOf(`direction.${side}.points`, points, batch * count * dimension));
  }
  if (new Set(parts.values()).size > 1) {
    const told = [...parts].map(([name, count]) => `${name} has ${count}`);
    throw new InvalidMeasureError(`direction.${told.join(', ')}: give as many directions in each`);
  }
  const [directions = 1] = parts.values();
  const along = (side: Side): MeasureDirection | undefined => {
    const one = direction[side];
    if (!moves && !one?.points) return one;
    const { batch, count, dimension } = pair[side];
    const points = widened(
      one?.points ?? new Float64Array(directions * batch * count * dimension),
      dimension,
      new Float64Array(size),
    );
    const width = dimension + size;
    if (moves) {
      for (let k = 0; k < directions; k++) {
        const of = moves.subarray(k * size, (k + 1) * size);
        for (let i = k * batch * count; i < (k + 1) * batch * count; i++) points.set(of, i * width + dimension);
      }
    }
    return { ...one, points };
  };
  const [x, y] = [along('x'), along('y')];
  return { ...direction, ...(x && { x }), ...(y && { y }) };
}

/** The sums of both sides' gradients in the coordinates behind the points', by parameter. */
function ofParameters(of: Readonly<Record<Side, MeasureProduct>>, { pair, layout }: Context) {
  const { dimension } = pair.x;
  const [x, y] = (['x', 'y'] as const).map((side) =>
    gathered(of[side].points, dimension, layout.size, pair[side].count),
  );
  return byName(
    layout,
    x.map((value, k) => value + y[k]),
  );
}

const lowered = ({ points, weights }: MeasureProduct, { pair, layout }: Context): MeasureProduct => ({
  points: narrowed(points, pair.x.dimension, layout.size),
  weights,
});

/** The error of points and parameters, from that of points that carry parameters. */
function errorOf(
  lifted: Readonly<Record<Side, MeasureProduct>>,
  given: Readonly<Record<Side, MeasureProduct>>,
  parameters: Readonly<Record<string, Float64Array>>,
  error: number,
): number {
  const all = [lifted.x, lifted.y].map(({ points }) => ({ values: points, error }));
  const inParameters = Object.values(parameters).flatMap((values) => Array.from(values));
  return Math.max(
    errorOfSum(all.slice(0, 1), given.x.points),
    errorOfSum(all.slice(1), given.y.points),
    errorOfSum(all, inParameters),
    error,
  );
}

const cotangents = <Found extends Cotangents>(found: Found, context: Context): Found => {
  const given = bySide((side) => lowered(found[side], context));
  const parameters = ofParameters(found, context);
  const estimatedError = errorOf(found, given, parameters, found.diagnostics.estimatedError);
  return { ...found, ...given, parameters, diagnostics: { ...found.diagnostics, estimatedError } };
};

type ProductDirection = ParameterDirection & MeasureDirection & { readonly [S in Side]?: MeasureDirection };

const hasSides = (direction: object): boolean => 'x' in direction || 'y' in direction;

/** Whether a direction is one of x alone, whose product is one of x alone. */
const isOwn = (direction: object): boolean => !hasSides(direction) && ('points' in direction || 'weights' in direction);

function hessianVectorProduct(solution: SinkhornSolution, context: Context): object {
  return around(
    { ...solution },
    'hessianVectorProduct',
    (direction: ProductDirection, options?: ProductOptions) => {
      checkDirection(direction);
      checkWithRespectTo(isOwn(direction), options?.wrt);
      const { parameters, ...own } = direction;
      const of = hasSides(direction) ? own : Object.keys(own).length > 0 ? { x: own } : {};
      return [
        moved({ ...of, ...(parameters && { parameters }) } as Direction & ParameterDirection, context),
        { ...(options !== undefined && checkRunOptions(options)), wrt: 'both' },
      ];
    },
    (found: Required<PairProduct>, direction: ProductDirection, { wrt }: ProductOptions = {}) => {
      const parameters = ofParameters(found, context);
      const given = bySide((side) => lowered(found[side], context));
      const estimatedError = errorOf(found, given, parameters, found.diagnostics.estimatedError);
      const diagnostics = { ...found.diagnostics, estimatedError };
      if (isOwn(direction)) return { ...given.x, parameters, diagnostics };
      const sides = (['x', 'y'] as const).filter((side) => (wrt ? wrt === side || wrt === 'both' : side in direction));
      return {
        ...Object.fromEntries(sides.map((side) => [side, given[side]])),
        parameters,
        diagnostics,
      };
    },
  );
}

/** A plan of lifted points as one of points. */
function planOf(plan: DifferentiablePlan, side: Side, context: Context): DifferentiablePlan {
  const { pair, layout } = context;
  const { dimension } = pair.x;
  const { size } = layout;
  const inWidth = (values: ArrayLike<number>) => like(narrowed(values, dimension, size), pair[side]);
  const zeros = new Float64Array(size);
  const lengthOf = (name: string, values: ArrayLike<number>) => {
    countOf(name, values, pair[side].batch * pair[side].count * dimension);
    return widened(values, dimension, zeros);
  };
  const inWidthOfRows = (values: Float64Array) => like(values, pair[side]);
  const toWidth =
    <Given extends readonly unknown[]>(pass: (...given: Given) => Promise<ArrayLike<number>>) =>
    async (...given: Given) =>
      inWidthOfRows(Float64Array.from(await pass(...given)));
  return {
    ...plan,
    apply: toWidth(plan.apply),
    async marginals(options) {
      const { rows, columns } = await plan.marginals(options);
      return {
        rows: inWidthOfRows(Float64Array.from(rows)),
        columns: like(Float64Array.from(columns), pair[other(side)]),
      };
    },
    transpose: () => planOf(plan.transpose(), other(side), context),
    ...around(plan, 'barycentricMap', (...given) => given, inWidth),
    ...around(
      plan,
      'barycentricMapJvp',
      (direction: ProblemDirection, ...rest) => [moved(direction, context), ...rest],
      (found: RowMoves) => ({ ...found, values: narrowed(found.values, dimension, size) }),
    ),
    ...around(
      plan,
      'barycentricMapVjp',
      (cotangent: ArrayLike<number>, ...rest) => [lengthOf('cotangent', cotangent), ...rest],
      (found: Cotangents) => cotangents(found, context),
    ),
    ...around(
      plan,
      'applyJvp',
      (values: ArrayLike<number>, direction: ProblemDirection, ...rest) => [values, moved(direction, context), ...rest],
      same,
    ),
    ...around(
      plan,
      'applyVjp',
      (...given) => given,
      (found: Cotangents) => cotangents(found, context),
    ),
  } as DifferentiablePlan;
}
