import { InvalidOptionError, UnsupportedError } from '../errors.js';
import { shapeOf } from '../measure/deviceMeasure.js';
import { checkEqualMasses, type WeightsPair } from '../measure/pair.js';
import type { Side } from '../measure/side.js';
import { potentialsOf } from './hostPotentials.js';
import { geometryAt, type TransportProblem } from './problem.js';
import type { SolveTransportOptions } from './solveTransportOptions.js';

/** Names that formulas with a penalty's parameters have for numbers of the solver's. */
const SOLVERS_NAMES = ['epsilon', 'inverseEpsilon', 'minusEpsilon', 'temperature', 'keep', 'factor'];

const OPTIONS: readonly string[] = [
  'epsilons',
  'tolerance',
  'maxIterations',
  'costScale',
  'debias',
  'first',
  'start',
] satisfies (keyof SolveTransportOptions)[];

/** Checks what somebody else has put together. @throws InvalidOptionError, InvalidMeasureError or UnsupportedError with the remedy. */
export function checkSolve(
  problem: TransportProblem,
  pair: WeightsPair,
  options: SolveTransportOptions,
  wrt: readonly Side[],
): void {
  const { x, y } = problem.penalty;
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw new InvalidOptionError(`solveTransport has no option '${unknown}': it has ${OPTIONS.join(', ')}`);
  }
  checkNumbers(options);
  for (const side of ['x', 'y'] as const) checkSide(problem, pair, options, side);
  if (x.balanced && y.balanced) {
    checkEqualMasses(pair, 'give both the same mass, or a penalty that lets mass be created and destroyed');
  }
  for (const side of wrt) {
    if (side !== 'x' && side !== 'y') {
      throw new InvalidOptionError(`wrt has '${side}': give the sides whose points move, ['x'], ['y'] or ['x', 'y']`);
    }
    if (geometryAt(problem, side).costGradient) continue;
    throw new UnsupportedError(
      `wrt has '${side}', but the geometry has no costGradient: add it, or leave '${side}' out where points do not move`,
    );
  }
}

function checkNumbers({ epsilons, tolerance, maxIterations, costScale, first, debias }: SolveTransportOptions): void {
  if (!Array.isArray(epsilons) || epsilons.length === 0) {
    throw new InvalidOptionError('epsilons is no list of temperatures: give what annealing returns, or [blur^p]');
  }
  const index = epsilons.findIndex((epsilon) => !(epsilon > 0 && epsilon < Number.POSITIVE_INFINITY));
  if (index >= 0) throw new InvalidOptionError(`epsilons[${index}] is ${epsilons[index]}: give finite numbers above 0`);
  if (tolerance !== undefined && !(tolerance > 0 && tolerance < Number.POSITIVE_INFINITY)) {
    throw new InvalidOptionError(`tolerance is ${tolerance}: give a finite number above 0`);
  }
  if (maxIterations !== undefined && !(Number.isInteger(maxIterations) && maxIterations > 0)) {
    throw new InvalidOptionError(`maxIterations is ${maxIterations}: give a whole number of 1 or more`);
  }
  if (costScale !== undefined && !(costScale >= 0 && costScale < Number.POSITIVE_INFINITY)) {
    throw new InvalidOptionError(`costScale is ${costScale}: give a bound on the costs, or leave it out`);
  }
  if (first !== undefined && first !== 'x' && first !== 'y') {
    throw new InvalidOptionError(`first is '${first}': give 'x' or 'y'`);
  }
  if (debias !== undefined && typeof debias !== 'boolean') {
    throw new InvalidOptionError(`debias is ${debias}: give true or false`);
  }
}

function checkSide(
  problem: TransportProblem,
  pair: WeightsPair,
  { debias, start }: SolveTransportOptions,
  side: Side,
): void {
  const expected = String(shapeOf(pair[side], 1));
  const given = String(problem[side].weights.shape);
  if (given !== expected) {
    throw new InvalidOptionError(
      `problem.${side} has weights of the shape [${given}] and pair.${side} those of [${expected}]: upload the measure of the pair`,
    );
  }
  const { scale, rate, parameters } = problem.penalty[side];
  if (!(scale > 0)) {
    throw new InvalidOptionError(
      `penalty.${side}.scale is ${scale}: give the strength, above 0, or Infinity where there is none`,
    );
  }
  if (rate !== undefined && !(rate >= 0 && rate < Number.POSITIVE_INFINITY)) {
    throw new InvalidOptionError(`penalty.${side}.rate is ${rate}: give 1 / rho, 0 where balanced, or leave it out`);
  }
  const taken = SOLVERS_NAMES.find((name) => name in parameters);
  if (taken) {
    throw new InvalidOptionError(
      `penalty.${side}.parameters has '${taken}', a name that solvers use: call it something else`,
    );
  }
  if (debias && !geometryAt(problem, side).ofRows) {
    throw new UnsupportedError(
      `debias needs the costs of ${side} with itself, and the geometry has no ofRows: add it, or leave debias out`,
    );
  }
  const cross = start && potentialsOf(start, side).cross;
  if (cross && cross.length !== pair[side].weights.length) {
    throw new InvalidOptionError(
      `start has ${cross.length} potentials for ${side}, which has ${pair[side].weights.length} points: leave start out when sizes change`,
    );
  }
}
