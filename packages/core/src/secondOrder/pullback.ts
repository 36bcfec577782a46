import { abs, add, column, dot, type Expression, mul, parameter, row, sub } from '../formula/expression.js';
import { simplify } from '../formula/simplify.js';
import { gradientThroughNormalization } from '../measure/normalization.js';
import { bySide, other, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { cancellationOf, freeCancellationOf, inAll, type Sizes, sameSizes, sizesOf } from './cancellation.js';
import type { DerivativeDiagnostics } from './linearOptions.js';
import type { BothSides, OptimalitySystem } from './optimalitySystem.js';
import { beside, kindOf, lengthOf, planFormulas } from './planFormulas.js';
import type { Given } from './planPasses.js';
import { interleaved, taking } from './potentialMoves.js';
import { joined, type MeasureProduct } from './product.js';
import type { SolvedSystems } from './solvedSystems.js';
import type { SolvedSource } from './source.js';

/** What is asked of a plan's entries: w_ij = s_i s_j U_i . (V_j - T_i), times the change of log e_ij, rows being the points of a side. */
export interface EntriesCotangent {
  readonly side: Side;
  /** s, [B, N]: what entries are of, the weights or the shares of rows. */
  readonly shares: BothSides;
  /** The sides whose shares are their weights, and change with them. */
  readonly weighted: readonly Side[];
  /** U, [B, N, d] */
  readonly cotangent: Float64Array;
  /** V, [B, M, d] */
  readonly values: ArrayLike<number>;
  /** T, [B, N, d], where it makes rows of w sum to 0; 0 when absent. */
  readonly centre?: Float64Array;
}

/** What is asked of a plan: cotangents of its potentials, in the units of its passes, and of its entries. */
export interface PlanCotangent {
  readonly potentials: BothSides;
  readonly entries?: EntriesCotangent;
}

/** What that gives for everything a plan is made of, in the input's units. */
export interface PulledBack {
  readonly x: { readonly points: Float64Array; readonly weights: Float64Array };
  readonly y: { readonly points: Float64Array; readonly weights: Float64Array };
  readonly epsilon: number;
  readonly rho: Readonly<Record<Side, number>>;
  /** Of how large numbers these are sums: at each point, and of all points for eps and rho. */
  readonly sizes: Readonly<Record<Side, { readonly points: readonly Sizes[]; readonly weights: readonly Sizes[] }>> & {
    readonly epsilon: readonly Sizes[];
    readonly rho: Readonly<Record<Side, readonly Sizes[]>>;
  };
}

const INVERSE = parameter('inverseEpsilon');

/** U_i . (V_j - T_i) and what it is made of, seen from the points of a side. */
function entriesAt(at: Side, { side, cotangent, values, centre, shares }: EntriesCotangent, points: number) {
  const size = cotangent.length / points;
  const [of, against] = at === side ? [row, column] : [column, row];
  const value = against('values', size);
  const inner = dot(of('cotangent', size), centre ? sub(value, of('centre', size)) : value);
  const innerSize = mul(
    lengthOf(of('cotangent', size)),
    centre ? add(lengthOf(value), lengthOf(of('centre', size))) : lengthOf(value),
  );
  const own = { cotangent, ...(centre && { centre }) };
  const [rows, columns] = at === side ? [own, { values }] : [{ values }, own];
  return {
    inner,
    /** w_ij */
    weighted: mul(mul(row('share'), column('share')), inner),
    /** Of how large numbers w_ij is a sum. */
    size: mul(mul(row('share'), column('share')), innerSize),
    given: {
      rows: { ...rows, share: shares[at] },
      columns: { ...columns, share: shares[other(at)] },
    } satisfies Given,
  };
}

/** sum_i s_i s_j e_ij U_i at the other side's points: what values V_j, or the points they are, have of it directly. */
export function* directCotangent(
  { passes }: OptimalitySystem,
  entries: EntriesCotangent,
): Task<{ readonly sums: Float64Array; readonly sizes: Sizes }> {
  const at = other(entries.side);
  const { batch, count } = passes.pair[entries.side];
  const cotangent = column('cotangent', entries.cotangent.length / (batch * count));
  const shares = mul(row('share'), column('share'));
  const given = {
    rows: { share: entries.shares[at] },
    columns: { share: entries.shares[entries.side], cotangent: entries.cotangent },
  };
  const sums = yield* passes.sums(at, mul(shares, cotangent), given);
  const sizes = yield* passes.sums(at, mul(shares, lengthOf(cotangent)), given);
  return { sums, sizes: sameSizes(sizes) };
}

/**
 * The gradients of <cotangent, potentials and entries of a plan> in the measures, in eps and in rho, for several cotangents: potentials
 * are implicit functions of these, so that one adjoint system says what each condition's lack is worth, and all else are sums over
 *
 *   z_ij = u_i b_j + v_j a_i - w_ij / eps,   e_ij the density: e_ij z_ij dC_ij, e_ij z_ij log e_ij.
 */
export function* pullBack(
  systems: SolvedSystems,
  system: OptimalitySystem,
  cotangents: readonly PlanCotangent[],
): Task<readonly PulledBack[]> {
  const { passes, isSelf } = system;
  const { pair, options, units, epsilon, potentials } = passes;
  const sides: readonly Side[] = isSelf ? ['x'] : ['x', 'y'];
  const isRelaxed = Object.values(options.reach).some((length) => length < Number.POSITIVE_INFINITY);
  const totals: { x: Float64Array; y: Float64Array }[] = [];
  /** Of how large numbers these are sums, where that is asked for: for lengths. */
  const totalSizes: { x: Float64Array; y: Float64Array }[] = [];
  for (const cotangent of cotangents) {
    const total = bySide((side) => cotangent.potentials[side].slice());
    const totalSize = bySide((side) => cotangent.potentials[side].map(Math.abs));
    for (const side of sides) {
      const { entries } = cotangent;
      // Rows of w with a centre sum to 0.
      if (!entries || (entries.centre && entries.side === side)) continue;
      const { weighted, size, given } = entriesAt(side, entries, pointsOf(entries.side));
      const sums = yield* passes.sums(side, mul(INVERSE, weighted), given);
      for (const [i, value] of sums.entries()) total[side][i] += value;
      if (!isRelaxed) continue;
      const sizes = yield* passes.sums(side, mul(INVERSE, size), given);
      for (const [i, value] of sizes.entries()) totalSize[side][i] += value;
    }
    totals.push(total);
    totalSizes.push(totalSize);
  }
  const size = cotangents.length;
  const x = interleaved(totals.map((total) => total.x));
  const all = { x, y: isSelf ? x : interleaved(totals.map((total) => total.y)) };
  const taken = { x: yield* passes.taken('x'), y: yield* passes.taken('y') };
  const squares = new Float64Array(pair.x.batch * size);
  for (const [c, { entries }] of cotangents.entries()) {
    if (!entries) continue;
    const { side, cotangent } = entries;
    const { weights, count } = pair[side];
    const parts = cotangent.length / weights.length;
    // Over masses and eps they are what directions are, as lacks are.
    for (const [k, value] of cotangent.entries()) {
      const i = Math.floor(k / parts);
      const mass = weights[i] * taken[side][i];
      if (mass > 0) squares[Math.floor(i / count) * size + c] += value ** 2 / mass / epsilon ** 2;
    }
  }
  const solved = systems.solved(yield* system.solveAdjoint(all, size, systems.accuracy, squares));

  const found: PulledBack[] = [];
  for (const [k, { entries }] of cotangents.entries()) {
    const lacks = (from: Side) => bySide((side) => taking(solved[from][isSelf ? 'x' : side], size, k));
    const measures: Record<Side, PulledBack['x']> = bySide(() => ({
      points: new Float64Array(0),
      weights: new Float64Array(0),
    }));
    let epsilonTotal = 0;
    const sizes = {
      x: { points: [] as Sizes[], weights: [] as Sizes[] },
      y: { points: [] as Sizes[], weights: [] as Sizes[] },
      epsilon: [] as Sizes[],
    };
    for (const side of sides) {
      const { slope, slopeSize, logDensity } = planFormulas(options.cost)(pair.x.dimension, side);
      const seen = lacks(side);
      const multipliers = bySide((at) => seen[at].map((value, i) => value / taken[at][i]));
      const of = entries && entriesAt(side, entries, pointsOf(entries.side));
      const given: Given = {
        rows: { ...of?.given.rows, multiplier: multipliers[side] },
        columns: { ...of?.given.columns, multiplier: multipliers[other(side)] },
      };
      const both = add(mul(row('multiplier'), column('weight')), mul(column('multiplier'), row('weight')));
      const z: Expression = of ? sub(both, mul(INVERSE, of.weighted)) : both;
      const points = yield* passes.sums(side, simplify(mul(z, slope)), given);
      const ofLacks = mul(-epsilon, column('multiplier'));
      const ofShares = of && entries.weighted.includes(side) && mul(column('share'), of.inner);
      const weights = yield* passes.sums(side, ofShares ? add(ofLacks, ofShares) : ofLacks, given);
      measures[side] = { points: points.map((value) => value / units.length), weights };
      const multiplied = add(
        abs(mul(row('multiplier'), column('weight'))),
        abs(mul(column('multiplier'), row('weight'))),
      );
      const zSize = beside(
        abs(z),
        of ? add(multiplied, mul(INVERSE, abs(of.weighted))) : multiplied,
        of ? add(multiplied, mul(INVERSE, of.size)) : multiplied,
      );
      const sizeOf = function* (value: Expression): Task<Float64Array> {
        return yield* passes.sums(side, simplify(value), given);
      };
      sizes[side].points.push(sizesOf(yield* sizeOf(mul(zSize, slopeSize(kindOf(options)))), 1 / units.length));
      const ofWeights = ofShares ? add(abs(ofLacks), abs(ofShares)) : abs(ofLacks);
      sizes[side].weights.push(sameSizes(yield* sizeOf(ofWeights)));
      if (side === 'x') {
        const sums = yield* passes.sums(side, simplify(mul(z, logDensity)), given);
        // Of a measure with itself z counts each condition twice.
        const unit = 1 / units.energy / (isSelf ? 2 : 1);
        epsilonTotal = sums.reduce((sum, value) => sum + value, 0) * unit;
        // What is off by some temperatures is an error of the logarithm, however small that is.
        sizes.epsilon.push(inAll(sizesOf(yield* sizeOf(mul(zSize, add(1, abs(logDensity)))), unit)));
      }
    }
    const rhoSizes: Record<Side, Sizes[]> = { x: [], y: [] };
    const rho = bySide((side) => {
      const strength = (options.reach[side] / units.length) ** options.p;
      if (strength === Number.POSITIVE_INFINITY || (isSelf && side === 'y')) return 0;
      const unit = epsilon / strength ** 2 / units.energy;
      const own = lacks(side)[side];
      const parts = ofMultipliers(side, totalSizes[k]);
      const weighted = (values: Float64Array) =>
        values.map((value, i) => Math.abs(value) * (Math.abs(potentials[side][i]) + epsilon) * unit);
      rhoSizes[side].push(inAll({ net: weighted(own), parts: weighted(parts), rounds: weighted(parts) }));
      return own.reduce((sum, value, i) => sum + value * potentials[side][i], 0) * unit;
    });
    found.push({ ...measures, epsilon: epsilonTotal, rho, sizes: { ...sizes, rho: rhoSizes } });
  }
  return found;

  /** Of how large numbers multipliers are sums: what is asked of their own side, and by masses what is asked of the other. */
  function ofMultipliers(side: Side, asked: BothSides): Float64Array {
    const across = other(side);
    const mass = (at: Side, i: number) => pair[at].weights[i] * taken[at][i];
    const { count } = pair[side];
    const shares = Array.from({ length: pair.x.batch }, (_, element) => {
      let [carried, whole] = [0, 0];
      for (let j = element * pair[across].count; j < (element + 1) * pair[across].count; j++)
        carried += asked[across][j];
      for (let i = element * count; i < (element + 1) * count; i++) whole += mass(side, i);
      return whole > 0 ? carried / whole : 0;
    });
    return asked[side].map((value, i) => value + shares[Math.floor(i / count)] * mass(side, i));
  }

  function pointsOf(side: Side): number {
    return pair[side].batch * pair[side].count;
  }
}

/** Gradients of <cotangent, output> in everything that the output depends on. */
export interface Cotangents {
  /** In the points [N, D] and in the weights [N] of x; [k, N, D] and [k, N] for k cotangents, with a batch [k, B, N, D] and [k, B, N]. */
  readonly x: MeasureProduct;
  readonly y: MeasureProduct;
  /** In blur, for each cotangent. */
  readonly blur: Float64Array;
  /** In the reach of each side, for each cotangent; 0 where it has none. */
  readonly reach: Readonly<Record<Side, Float64Array>>;
  /** In the parameters of a loss that has some, by name, flat, for each cotangent. */
  readonly parameters?: Readonly<Record<string, Float64Array>>;
  readonly diagnostics: DerivativeDiagnostics;
}

/** Gradients in the lengths and the weights that users gave, from those in temperatures and shares. */
export function cotangentsOf(
  {
    options: { p, blur, reach },
    pair: {
      x: { batch },
    },
    given,
    normalize,
  }: SolvedSource,
  pulled: readonly PulledBack[],
  systems: SolvedSystems,
): Cotangents {
  const isBalanced = Object.values(reach).every((length) => length === Number.POSITIVE_INFINITY);
  for (const one of pulled) {
    for (const side of ['x', 'y'] as const) {
      const { points, weights } = one[side];
      systems.cancels(cancellationOf(points, one.sizes[side].points, batch));
      // Where both masses are kept weights are told up to a number.
      systems.cancels(
        (isBalanced ? freeCancellationOf : cancellationOf)(weights, one.sizes[side].weights, batch),
        'potentials',
      );
      systems.cancels(cancellationOf(Float64Array.of(one.rho[side]), one.sizes.rho[side], 1), 'potentials');
    }
    systems.cancels(cancellationOf(Float64Array.of(one.epsilon), one.sizes.epsilon, 1));
  }
  const measures = bySide((side) => {
    const all = pulled.map((one) => (normalize ? gradientThroughNormalization(given[side], one[side]) : one[side]));
    return { points: joined(all.map(({ points }) => points)), weights: joined(all.map(({ weights }) => weights)) };
  });
  return {
    ...measures,
    blur: Float64Array.from(pulled, ({ epsilon }) => p * blur ** (p - 1) * epsilon),
    reach: bySide((side) =>
      Float64Array.from(pulled, ({ rho }) => (rho[side] === 0 ? 0 : p * reach[side] ** (p - 1) * rho[side])),
    ),
    diagnostics: systems.diagnostics(),
  };
}
