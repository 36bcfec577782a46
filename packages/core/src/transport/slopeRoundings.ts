import type { DeviceArray } from '../backend/backend.js';
import {
  type Expression,
  exp,
  mul,
  neg,
  parameter,
  reduced,
  reducedLogSumExp,
  row,
  sub,
} from '../formula/expression.js';
import type { PairwiseGeometry, Pass } from '../geometry/pairwise/pairwise.js';
import { norm } from '../linear/norm.js';
import type { MeasurePair } from '../measure/pair.js';
import { other, type Side } from '../measure/side.js';
import { readAll, type Task } from '../tasks/task.js';
import type { Iterates } from './iterate.js';
import { geometryAt, selfProblem, type TransportProblem } from './problem.js';
import { columnsOf, logMassAt } from './softmin.js';

/** The norms of what gradients in the points may be off by, by side, where that is known. */
export type SlopeRoundings = { readonly [S in Side]?: number };

/** A number for each pair: how far the slope of its cost may be off; and what that is made of. */
export interface PairUncertainty extends Pick<Pass, 'rows' | 'columns' | 'parameters'> {
  readonly value: Expression;
}

/** Transport between points: what its pairs are made of. */
export type OfPoints = TransportProblem<PairwiseGeometry>;

/** What is known of pairs between the points of two sides, or of one with itself. */
type Uncertain = (geometry: PairwiseGeometry, rows: Side, columns: Side) => PairUncertainty;

/**
 * What slopes of pairs that are off make gradients off by: for each point the mean over its pairs under the plan, times the mass that it takes.
 *
 * @param ofPoint - What a unit of a point's mass is off by beside that.
 * @param price - What all costs are less by, where a unit of mass that goes is paid.
 */
export function* slopeRoundings(
  problem: OfPoints,
  pair: MeasurePair,
  epsilon: number,
  { cross, self }: Iterates,
  wrt: readonly Side[],
  uncertain: Uncertain,
  ofPoint: (side: Side, index: number) => number = () => 0,
  price = 0,
): Task<SlopeRoundings> {
  const { space } = problem;
  const found: { [S in Side]?: number } = {};
  for (const side of wrt) {
    const own = self[side];
    const between = (of: OfPoints, rows: Side, columns: Side, potential: DeviceArray) => {
      const geometry = geometryAt(of, rows);
      return meanOf(of, rows, potential, epsilon, uncertain(geometry, side, columns), price);
    };
    const passes = [between(problem, side, other(side), cross[other(side)])];
    if (own) passes.push(between(selfProblem(problem, side), 'x', side, own));
    const all = yield* readAll(space.backend, passes);
    space.release(...passes);
    found[side] = norm(
      pair[side].weights.map((weight, i) => all.reduce((sum, each) => sum + each[i], ofPoint(side, i) * weight)),
    );
  }
  return found;
}

/** For the points of a side, [N, 1], the mean of a number of pairs under the plan, times the mass that it takes. */
function meanOf(
  problem: OfPoints,
  side: Side,
  potential: DeviceArray,
  epsilon: number,
  { value, rows, columns, parameters }: PairUncertainty,
  price: number,
): DeviceArray {
  const penalty = problem.penalty[side];
  const softened = sub(neg(mul(parameter('epsilon'), reducedLogSumExp())), parameter('price'));
  const [result] = geometryAt(problem, side).pass(columnsOf(problem, side, potential), epsilon, {
    kind: 'softmaxMean',
    value,
    finish: mul(mul(row('weight'), exp(logMassAt(penalty, softened, parameter('epsilon')))), reduced()),
    rows: { weight: problem[side].weights, ...rows },
    columns,
    parameters: { ...penalty.parameters, epsilon, price, ...parameters },
  });
  return result;
}
