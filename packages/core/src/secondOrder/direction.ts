import { InvalidMeasureError, InvalidOptionError } from '../errors.js';
import { finiteNumbers } from '../measure/finiteNumbers.js';
import type { CheckedMeasure } from '../measure/measure.js';
import type { MeasurePair } from '../measure/pair.js';
import { bySide, type Side } from '../measure/side.js';
import type { SinkhornOptions } from '../transport/options.js';

/** How a measure moves: one direction, or several one after the other. */
export interface MeasureDirection extends ParameterDirection {
  /** [N, D], or [k, N, D] for k directions, flat; with a batch [B, N, D] or [k, B, N, D]. */
  readonly points?: ArrayLike<number>;
  /** [N] or [k, N], likewise. */
  readonly weights?: ArrayLike<number>;
}

/** How the parameters of a loss move, by name. */
export interface ParameterDirection {
  /** Of a loss with parameters: a number each, [K] of a vector, [R, C] of a matrix, flat; [k, ..] for k directions. */
  readonly parameters?: Readonly<Record<string, number | ArrayLike<number>>>;
}

/** How both measures move. */
export interface PairDirection extends ParameterDirection {
  readonly x?: MeasureDirection;
  readonly y?: MeasureDirection;
}

/** How measures and lengths move. */
export interface ProblemDirection extends PairDirection {
  /** The change of blur; an array for several directions. */
  readonly blur?: number | ArrayLike<number>;
  /** The change of reach, of both sides or of each; arrays for several directions. */
  readonly reach?: number | ArrayLike<number> | { readonly [S in Side]?: number | ArrayLike<number> };
}

/** One direction, checked: in the input's units, with temperatures in place of lengths. */
export interface Direction {
  readonly x: CheckedDirection;
  readonly y: CheckedDirection;
  readonly epsilon: number;
  readonly rho: Readonly<Record<Side, number>>;
}

export interface CheckedDirection {
  /** [B, N, D] */
  readonly points?: Float64Array;
  /** [B, N] */
  readonly weights?: Float64Array;
}

/** How unequal the change of both masses may be, relative to what changes, where transport is balanced: rounding. */
const MASS_ROUNDING = 1e-6;

/** What directions are of: measures, and with `options` lengths too. */
export interface Movable {
  readonly pair: MeasurePair;
  readonly given: MeasurePair;
  readonly normalize: boolean;
  readonly options?: Pick<SinkhornOptions, 'p' | 'blur' | 'reach'>;
}

/**
 * Checks directions and takes them apart: as many as every part has.
 *
 * @throws InvalidMeasureError naming the part, and where its numbers do not fit; InvalidOptionError for names that mean nothing.
 */
export function checkDirections(
  { pair, options, given, normalize }: Movable,
  direction: ProblemDirection,
): readonly Direction[] {
  checkNames('direction', direction, options ? ['x', 'y', 'blur', 'reach'] : ['x', 'y']);
  const parts = new Map<string, readonly Float64Array[]>();
  const add = (name: string, values: ArrayLike<number> | undefined, length: number) => {
    if (values !== undefined) parts.set(name, slices(`direction.${name}`, values, length));
  };
  for (const side of ['x', 'y'] as const) {
    const one = direction[side];
    if (one === undefined) continue;
    checkNames(`direction.${side}`, one, ['points', 'weights']);
    const { batch, count, dimension } = pair[side];
    add(`${side}.points`, one.points, batch * count * dimension);
    add(`${side}.weights`, one.weights, batch * count);
  }
  add('blur', listed(direction.blur), 1);
  const { reach } = direction;
  let bySides = { x: reach, y: reach } as { [S in Side]?: number | ArrayLike<number> };
  if (typeof reach === 'object' && (reach === null || !('length' in reach))) {
    checkNames('direction.reach', reach, ['x', 'y']);
    bySides = reach;
  }
  for (const side of ['x', 'y'] as const) add(`reach.${side}`, listed(bySides[side]), 1);
  if (parts.size === 0) {
    throw new InvalidMeasureError('direction is empty: give points or weights that it moves');
  }
  const counts = new Set([...parts.values()].map(({ length }) => length));
  if (counts.size > 1) {
    const told = [...parts].map(([name, { length }]) => `${name} has ${length}`);
    throw new InvalidMeasureError(`direction.${told.join(', ')}: give as many directions in each`);
  }
  const [size] = counts;
  return Array.from({ length: size }, (_, k) => {
    const of = (name: string) => parts.get(name)?.[k];
    const number = (name: string) => of(name)?.[0] ?? 0;
    const one = {
      ...bySide((side) => ({ points: of(`${side}.points`), weights: of(`${side}.weights`) })),
      epsilon: options ? options.p * options.blur ** (options.p - 1) * number('blur') : 0,
      rho: bySide((side) => (options ? movedStrength(options, side, number(`reach.${side}`)) : 0)),
    };
    const taken = normalize ? throughNormalization(given, one) : one;
    if (options && Object.values(options.reach).every((length) => length === Number.POSITIVE_INFINITY)) {
      checkMasses(pair, taken);
    }
    return taken;
  });
}

const listed = (value: number | ArrayLike<number> | undefined): ArrayLike<number> | undefined =>
  typeof value === 'number' ? [value] : value;

/** drho = p reach^(p - 1) dreach; where there is no reach there is nothing to move. */
function movedStrength({ p, reach }: Pick<SinkhornOptions, 'p' | 'reach'>, side: Side, change: number): number {
  if (change === 0) return 0;
  if (reach[side] === Number.POSITIVE_INFINITY) {
    throw new InvalidOptionError(
      `direction.reach moves that of ${side}, which has none: its marginal is met exactly; leave it out`,
    );
  }
  return p * reach[side] ** (p - 1) * change;
}

/** @throws InvalidOptionError where something has a name that is not among those that mean something. */
export function checkNames(name: string, given: object, names: readonly string[]): void {
  if (typeof given !== 'object' || given === null) {
    throw new InvalidOptionError(`${name} is ${String(given)}: give an object with ${names.join(', ')}`);
  }
  const unknown = Object.keys(given).find((key) => !names.includes(key));
  if (unknown !== undefined) {
    throw new InvalidOptionError(`${name} has '${unknown}', which means nothing: it has ${names.join(', ')}`);
  }
}

/** Numbers as parts of one length, copied. @throws InvalidMeasureError where they are none, or not finite. */
export function slices(name: string, values: ArrayLike<number>, length: number): readonly Float64Array[] {
  const total = values?.length;
  if (!(total > 0) || total % length !== 0) {
    throw new InvalidMeasureError(
      `${name} has ${total === undefined ? 'no' : total} numbers: give ${length}, or as many for each of several directions`,
    );
  }
  const numbers = Float64Array.from(finiteNumbers(name, values));
  return Array.from({ length: total / length }, (_, k) => numbers.subarray(k * length, (k + 1) * length));
}

const totalsOf = (values: Float64Array | undefined, { batch, count }: CheckedMeasure): Float64Array => {
  const totals = new Float64Array(batch);
  values?.forEach((value, index) => {
    totals[Math.floor(index / count)] += value;
  });
  return totals;
};

/** Balanced transport is there between equal masses alone. */
function checkMasses({ x, y }: MeasurePair, direction: Direction): void {
  const [ofX, ofY] = [totalsOf(direction.x.weights, x), totalsOf(direction.y.weights, y)];
  const sizes = bySide((side) => {
    const { weights } = direction[side];
    return totalsOf(weights?.map(Math.abs), side === 'x' ? x : y);
  });
  ofX.forEach((change, element) => {
    if (Math.abs(change - ofY[element]) <= MASS_ROUNDING * (sizes.x[element] + sizes.y[element])) return;
    throw new InvalidMeasureError(
      `direction changes the mass of ${x.name} by ${change} and that of ${y.name} by ${ofY[element]}: where transport is balanced give ` +
        'both the same change, such as 0 by subtracting the mean of weights',
    );
  });
}

/** The direction of normalised weights a / m that a direction of weights a is: (a. - a sum(a.) / m) / m. */
function throughNormalization(given: MeasurePair, direction: Direction): Direction {
  const moved = bySide((side): CheckedDirection => {
    const { points, weights } = direction[side];
    const measure = given[side];
    const totals = totalsOf(weights, measure);
    return {
      points,
      weights: weights?.map((value, index) => {
        const element = Math.floor(index / measure.count);
        const mass = measure.masses[element];
        return (value - (measure.weights[index] / mass) * totals[element]) / mass;
      }),
    };
  });
  return { ...direction, ...moved };
}
