import type { Backend } from '../backend/backend.js';
import { InvalidOptionError } from '../errors.js';
import { berg } from './berg.js';
import { ANY_SHARE, type DivergencePenalty } from './divergencePenalty.js';
import { hellinger } from './hellinger.js';
import { kullbackLeibler } from './kullbackLeibler/kullbackLeibler.js';
import { quadratic } from './quadratic.js';
import { range } from './range.js';
import { totalVariation } from './totalVariation.js';

/**
 * What a unit of mass pays where the plan takes the share t of it, with rho the strength (Séjourné et al. 2019, section 3): 'kl'
 * rho (t log t - t + 1), 'tv' rho |t - 1|, 'berg' rho (t - 1 - log t), 'hellinger' rho (sqrt(t) - 1)^2, 'quadratic' rho / 2 (t - 1)^2,
 * 'range' nothing from `low` to `high` and more than anything beyond. 'balanced': each point's mass is taken as it is.
 */
export type Penalty =
  | 'balanced'
  | {
      readonly kind: 'kl' | 'tv' | 'berg' | 'hellinger' | 'quadratic';
      /** rho, in units of the cost. */
      readonly strength?: number;
      /** In its place the length with rho = reach^p. */
      readonly reach?: number;
    }
  | { readonly kind: 'range'; readonly low: number; readonly high: number };

/**
 * One penalty for both sides, or one a side; 'balanced' where a side is left out. 'partial' moves the given mass, the part that is
 * cheapest to move, and needs `debias: false`.
 */
export type PenaltyOption =
  | Penalty
  | { readonly x?: Penalty; readonly y?: Penalty }
  | { readonly kind: 'partial'; readonly mass: number };

/** A penalty in some unit of the cost, with formulas for arithmetic of some precision. */
export type PenaltyIn = (energy: number, precision: Backend['precision']) => DivergencePenalty;

const BY_STRENGTH: Record<string, (strength: number, precision: Backend['precision']) => DivergencePenalty> = {
  kl: (strength, precision) => ({
    ...ANY_SHARE,
    ...kullbackLeibler(strength, precision),
    phi: (share) => strength * ((share > 0 ? share * Math.log(share) : 0) - share + 1),
  }),
  tv: totalVariation,
  berg,
  hellinger,
  quadratic,
};
const KINDS = [...Object.keys(BY_STRENGTH), 'range', 'partial'];

const BALANCED: DivergencePenalty = {
  ...kullbackLeibler(Number.POSITIVE_INFINITY, 'float64'),
  phi: () => 0,
  least: 1,
  most: 1,
};

/**
 * The penalties of both sides.
 *
 * @param p - What turns a reach into a strength: rho = reach^p.
 * @throws InvalidOptionError naming the side, the option and the remedy.
 */
export function penaltiesOf(option: PenaltyOption, p: number): { readonly x: PenaltyIn; readonly y: PenaltyIn } {
  const isBySide = typeof option === 'object' && option !== null && !('kind' in option);
  if (!isBySide) {
    const penalty = penaltyOf('penalty', option as Penalty, p);
    return { x: penalty, y: penalty };
  }
  checkNames('penalty', option, ['x', 'y']);
  if (Object.keys(option).length === 0) {
    throw new InvalidOptionError(
      'penalty has neither a kind nor a side: give { kind, strength }, or one a side as { x, y }',
    );
  }
  const { x = 'balanced', y = 'balanced' } = option as { readonly x?: Penalty; readonly y?: Penalty };
  return { x: penaltyOf('penalty.x', x, p), y: penaltyOf('penalty.y', y, p) };
}

function penaltyOf(name: string, given: Penalty, p: number): PenaltyIn {
  if (given === 'balanced') return () => BALANCED;
  if (typeof given !== 'object' || given === null) {
    throw new InvalidOptionError(
      `${name} is ${given}: give 'balanced' or { kind, strength }, such as { kind: 'tv', strength: 0.1 }`,
    );
  }
  if (!KINDS.includes(given.kind)) {
    throw new InvalidOptionError(
      `${name}.kind is '${given.kind}': give one of ${KINDS.map((kind) => `'${kind}'`).join(', ')}`,
    );
  }
  if (given.kind === 'range') {
    checkNames(name, given, ['kind', 'low', 'high']);
    const { low, high } = given;
    if (!(low >= 0 && low <= high && high > 0 && high < Number.POSITIVE_INFINITY)) {
      throw new InvalidOptionError(
        `${name} has shares from ${low} to ${high}: give finite low and high with 0 <= low <= high, such as 0.5 and 1.5`,
      );
    }
    return () => range(low, high);
  }
  if (!(given.kind in BY_STRENGTH)) {
    throw new InvalidOptionError(
      `${name} is partial transport, which is of both sides: give penalty: { kind: 'partial', mass }`,
    );
  }
  checkNames(name, given, ['kind', 'strength', 'reach']);
  const { kind, strength, reach } = given;
  if (strength !== undefined && reach !== undefined) {
    throw new InvalidOptionError(`${name} has a strength and a reach: give one of them, as the strength is reach^p`);
  }
  const [option, number] = reach === undefined ? ['strength', strength] : ['reach', reach];
  const rho = reach === undefined ? strength : reach ** p;
  if (!(number && number > 0 && rho && rho < Number.POSITIVE_INFINITY)) {
    throw new InvalidOptionError(`${name}.${option} is ${number}: give a finite number above 0`);
  }
  return (energy, precision) => BY_STRENGTH[kind](rho / energy, precision);
}

/** The mass to move, where that is what was asked for. */
export function partialMass(option: PenaltyOption): number | undefined {
  if (typeof option !== 'object' || option === null || !('kind' in option) || option.kind !== 'partial')
    return undefined;
  checkNames('penalty', option, ['kind', 'mass']);
  return option.mass ?? Number.NaN;
}

function checkNames(name: string, option: object, known: readonly string[]): void {
  const unknown = Object.keys(option).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new InvalidOptionError(`${name} has no option '${unknown}': its options are ${known.join(', ')}`);
}
