import {
  type Backend,
  type Cotangents,
  formula,
  type PairDirection,
  type ProblemDirection,
  type SinkhornDivergenceOptions,
  type SinkhornSolution,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { cloud } from '../../packages/losses/test/support/clouds.js';
import { directionOf, dot, type TestDirection } from '../../packages/losses/test/support/directions.js';

const { add, dot: product, mul, square, squaredDistance, sub } = formula;

const x = cloud(12, 2, 1, 0, 1.2);
const dx = directionOf(x, 5, 0.1);
const reaches = { x: 0.8, y: 1.1 };
const reachMoves = { x: -0.2, y: 0.4 };
const moves = { scale: 0.3, row: [-0.4, 0.7] };

/** A problem that reads parameters, and one that does not: of everything that a solution can be differentiated in. */
const problems: Readonly<Record<string, Partial<SinkhornDivergenceOptions>>> = {
  'a known cost': { reach: reaches },
  'marginals that are met exactly, p = 1': { p: 1 },
  'a cost with parameters': {
    cost: (u, v, { scale, row }) => add(mul(scale, squaredDistance(u, v)), square(product(row, sub(u, v)))),
    parameters: { scale: 0.4, row: [0.3, 0.5] },
    diameter: 2,
    reach: reaches,
  },
};

const draws = (count: number, step: number) => Float64Array.from({ length: count }, (_, k) => Math.sin(step * (k + 1)));

/** <cotangent, moves> of what a solution gives, and how far the same backwards is from it, relative. */
async function errorOf(
  { y: dy, reach = { x: 0, y: 0 } }: { readonly y: TestDirection; readonly reach?: typeof reachMoves },
  forwards: Promise<readonly ArrayLike<number>[]>,
  backwards: (cotangents: readonly Float64Array[]) => Promise<Cotangents>,
): Promise<number> {
  const found = (await forwards).map((values) => Float64Array.from(values));
  const cotangents = found.map((values, part) => draws(values.length, 1.3 + part));
  const back = await backwards(cotangents);
  const size = (all: readonly Float64Array[]) => Math.sqrt(all.reduce((sum, values) => sum + dot(values, values), 0));
  const total =
    dot(back.x.points, dx.points) +
    dot(back.x.weights, dx.weights) +
    dot(back.y.points, dy.points) +
    dot(back.y.weights, dy.weights) +
    0.3 * back.blur[0] +
    reach.x * back.reach.x[0] +
    reach.y * back.reach.y[0] +
    (back.parameters ? moves.scale * back.parameters.scale[0] + dot(back.parameters.row, moves.row) : 0);
  const wanted = found.reduce((sum, values, part) => sum + dot(values, cotangents[part]), 0);
  return Math.abs(total - wanted) / (size(found) * size(cotangents));
}

/**
 * How far derivatives forwards and backwards of maps, plans and potentials are from being each other's transposes on a backend, by problem: in
 * points, weights, blur, both reaches and parameters; and how far the Hessian is from being symmetric.
 */
export async function adjointErrors(backend: Backend, tolerance: number): Promise<Readonly<Record<string, number[]>>> {
  const errors: Record<string, number[]> = {};
  for (const [name, options] of Object.entries(problems)) {
    const loss = sinkhornDivergence({
      backend,
      blur: 0.3,
      tolerance,
      maxIterations: 5000,
      onInaccurate: 'ignore',
      ...options,
    });
    // Where both marginals are met exactly both masses are the same, and stay so.
    const y = options.reach ? cloud(9, 2, 2, 0.3) : cloud(9, 2, 2, 0.3, 1.2);
    const along = {
      x: dx,
      y: directionOf(y, 6, options.reach ? -0.05 : 0.1),
      blur: 0.3,
      ...(options.reach && { reach: reachMoves }),
    };
    const solution: SinkhornSolution = await loss.solve(x, y);
    const { plan } = solution;
    const direction: ProblemDirection = options.parameters ? { ...along, parameters: moves } : along;
    const tight = { tolerance };
    const values = draws(9, 0.7);
    const potentials = async () => {
      const { f_ba, g_ab, f_aa = [], g_bb = [] } = await solution.potentialsJvp(direction, tight);
      return [f_ba, g_ab, f_aa, g_bb];
    };
    const one = {
      x: options.reach ? dx : { points: dx.points, weights: directionOf(x, 5).weights },
      ...(options.parameters && { parameters: moves }),
    };
    const two = { x: { points: draws(24, 2), weights: options.reach ? draws(12, 3) : directionOf(x, 7).weights } };
    const of = async (given: PairDirection) => {
      const { x: ofX, parameters } = await solution.hessianVectorProduct(given, { tolerance, wrt: 'x' });
      if (!ofX) throw new Error('no product of x was computed');
      return { x: ofX, parameters };
    };
    const [ofOne, ofTwo] = [await of(one), await of(two)];
    const pairing =
      dot(ofTwo.x.points, one.x.points) +
      dot(ofTwo.x.weights, one.x.weights) +
      (ofTwo.parameters ? moves.scale * ofTwo.parameters.scale[0] + dot(ofTwo.parameters.row, moves.row) : 0);
    const otherWay = dot(ofOne.x.points, two.x.points) + dot(ofOne.x.weights, two.x.weights);
    errors[name] = [
      await errorOf(
        along,
        plan.barycentricMapJvp(direction, tight).then((found) => [found.values]),
        ([u]) => plan.barycentricMapVjp(u, tight),
      ),
      await errorOf(
        along,
        plan.applyJvp(values, direction, tight).then((found) => [found.values]),
        ([u]) => plan.applyVjp(values, u, tight),
      ),
      await errorOf(along, potentials(), ([f_ba, g_ab, f_aa, g_bb]) =>
        solution.potentialsVjp({ f_ba, g_ab, f_aa, g_bb }, tight),
      ),
      Math.abs(pairing - otherWay) / (Math.abs(pairing) + Math.abs(otherWay)),
    ];
  }
  return errors;
}
