import { runAsync, solveSinkhorn } from '@sinkhorn/core';
import { hessianVectorProduct } from '@sinkhorn/core/hessian';
import { potentialsJvp, potentialsVjp } from '@sinkhorn/core/potentials';
import {
  barycentricMapJvp,
  barycentricMapVjp,
  type Cotangents,
  type OwnProduct,
  type PairProduct,
} from '@sinkhorn/core/second-order';
import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { check, checkClose } from '../../support/check.js';
import { optionsFor } from '../../support/losses.js';
import type { Problem } from '../../support/problem.js';
import { random } from '../../support/random.js';
import { SMALL_PAIR } from '../losses/tasks.js';

const PROBLEMS: Readonly<Record<string, Problem>> = {
  'p = 2': { blur: 0.3 },
  'p = 1': { blur: 0.3, p: 1 },
  unbalanced: { blur: 0.3, reach: { x: 0.7, y: 1.2 } },
};

/** The problem solved on a backend, as derivatives see it. */
async function solved(subject: Subject, problem: Problem) {
  const { backend } = subject;
  const options = optionsFor(subject, SMALL_PAIR, problem);
  const { potentials, marginalError } = await runAsync(solveSinkhorn(backend, SMALL_PAIR, options));
  const strategy = 'dense' as const;
  return {
    backend,
    pair: SMALL_PAIR,
    given: SMALL_PAIR,
    normalize: false,
    options,
    potentials,
    marginalError,
    strategy,
  };
}

/** Numbers of no pattern with the sum 0. */
function draws(count: number, seed: number): Float64Array {
  const draw = random(seed);
  const values = Float64Array.from({ length: count }, () => draw.uniform(-0.5, 0.5));
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  return values.map((value) => value - mean);
}

const dot = (left: ArrayLike<number>, right: ArrayLike<number>): number =>
  Array.from(left).reduce((sum, value, k) => sum + value * right[k], 0);

const { x, y } = SMALL_PAIR;
const directionOf = (seed: number) => ({
  x: { points: draws(x.points.length, seed), weights: draws(x.count, seed + 1).map((value) => value / x.count) },
  y: { points: draws(y.points.length, seed + 2), weights: draws(y.count, seed + 3).map((value) => value / y.count) },
});

type Direction = ReturnType<typeof directionOf>;
type Product = Required<PairProduct>;

const along = (found: Pick<Cotangents, 'x' | 'y'>, direction: Direction): number =>
  (['x', 'y'] as const).reduce(
    (sum, side) =>
      sum + dot(found[side].points, direction[side].points) + dot(found[side].weights, direction[side].weights),
    0,
  );

/** Properties 16 and 17: what is known of derivatives of gradients, plans and potentials. */
export const secondDerivativeTests: readonly ConformanceTest[] = Object.entries(PROBLEMS).flatMap(([name, problem]) => [
  {
    id: `property/16-hessian-${name.replace(' = ', '').replace('unbalanced', 'reach')}`,
    title: `${name}: the Hessian is symmetric${name === 'p = 2' ? ', and its product with a translation is known' : ''}`,
    async run(subject) {
      const source = await solved(subject, problem);
      const [one, two] = [directionOf(5), directionOf(50)];
      const tolerance = subject.tolerances.gradient / 10;
      const options = { tolerance, wrt: 'both' as const };
      const times = async (direction: Direction) =>
        (await runAsync(hessianVectorProduct(source, direction, options))) as Product;
      const [ofOne, ofTwo] = [await times(one), await times(two)];
      check(ofOne.diagnostics.converged, `its residual is ${ofOne.diagnostics.residual}`);
      const size = Math.abs(along(ofOne, one)) + Math.abs(along(ofTwo, two));
      checkClose('<two, H one>', [along(ofOne, two)], [along(ofTwo, one)], 10 * subject.tolerances.gradient * size);
      if (problem.p === 1 || problem.reach) return;
      // Where the cost is |x - y|^2 / 2 a translation by c adds <c, a_i> to the gradient.
      const shift = x.points.map((_, k) => (k % x.dimension === 0 ? 1 : -2));
      const { points } = (await runAsync(hessianVectorProduct(source, { points: shift }, { tolerance }))) as OwnProduct;
      const known = Array.from(shift, (value, k) => value * x.weights[Math.floor(k / x.dimension)]);
      checkClose('a translation', points, known, 10 * subject.tolerances.gradient * Math.max(...known.map(Math.abs)));
    },
  },
  {
    id: `property/17-transposes-${name.replace(' = ', '').replace('unbalanced', 'reach')}`,
    title: `${name}: derivatives of the barycentric map and of potentials are each other's transposes`,
    async run(subject) {
      const source = { ...(await solved(subject, problem)), side: 'x' as const };
      const options = { tolerance: subject.tolerances.gradient / 10 };
      const direction = directionOf(7);
      const agree = (what: string, moves: ArrayLike<number>, cotangent: Float64Array, found: Cotangents) => {
        const size = Math.sqrt(dot(moves, moves) * dot(cotangent, cotangent));
        const allowed = 10 * subject.tolerances.gradient * size;
        checkClose(what, [along(found, direction)], [dot(cotangent, moves)], allowed);
      };
      const ofMap = draws(x.points.length, 9);
      const map = await runAsync(barycentricMapJvp(source, direction, options));
      agree('the map', map.values, ofMap, await runAsync(barycentricMapVjp(source, ofMap, options)));
      const ofPotential = draws(x.count, 10);
      const { f_ba } = await runAsync(potentialsJvp(source, direction, options));
      agree('a potential', f_ba, ofPotential, await runAsync(potentialsVjp(source, { f_ba: ofPotential }, options)));
    },
  },
]);
