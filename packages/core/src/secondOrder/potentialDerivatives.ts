import { InvalidMeasureError, InvalidOptionError } from '../errors.js';
import { bySide, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { type HostPotentials, potentialsOf } from '../transport/hostPotentials.js';
import { cancellationOf, freeCancellationOf, ownSizes } from './cancellation.js';
import { checkTaken } from './checkTaken.js';
import { checkDirections, checkNames, type Direction, type ProblemDirection, slices } from './direction.js';
import { gaugeMove, potentialDifference } from './gauge.js';
import type { DerivativeDiagnostics, DerivativeOptions } from './linearOptions.js';
import type { BothSides, OptimalitySystem } from './optimalitySystem.js';
import { inUnits, potentialMoves } from './potentialMoves.js';
import { joined } from './product.js';
import { type Cotangents, cotangentsOf, type PulledBack, pullBack } from './pullback.js';
import { type SolvedSystems, systemsOf } from './solvedSystems.js';
import type { SolvedSource } from './source.js';

/** The change of potentials: [N] each, or [k, N] for k directions; with a batch [B, N] or [k, B, N]. */
export type PotentialMoves = HostPotentials & {
  readonly diagnostics: DerivativeDiagnostics;
};

/** Numbers by which potentials are multiplied: [N], or [k, N] for k cotangents. Those that are absent are 0. */
export type PotentialCotangents = { readonly [Name in keyof HostPotentials]?: ArrayLike<number> };

const NAMES: Readonly<Record<Side, { readonly cross: keyof HostPotentials; readonly self: keyof HostPotentials }>> = {
  x: { cross: 'f_ba', self: 'f_aa' },
  y: { cross: 'g_ab', self: 'g_bb' },
};

const isBalanced = ({ options: { reach } }: Pick<SolvedSource, 'options'>): boolean =>
  reach.x === Number.POSITIVE_INFINITY && reach.y === Number.POSITIVE_INFINITY;

/** How potentials change in directions of the measures, of blur and of reach. */
export function* potentialsJvp(
  source: SolvedSource,
  direction: ProblemDirection,
  options: DerivativeOptions = {},
): Task<PotentialMoves> {
  checkTaken('potentialsJvp', source);
  const systems = systemsOf('potentialsJvp', source, options);
  const directions = checkDirections(source, direction);
  const cross = yield* systems.cross((system) => movesIn(systems, system, directions));
  const self: { [S in Side]?: readonly BothSides[] } = {};
  if (source.potentials.f_aa) {
    for (const side of ['x', 'y'] as const) {
      const both = directions.map(
        (one): Direction => ({ ...one, x: one[side], y: one[side], rho: bySide(() => one.rho[side]) }),
      );
      self[side] = yield* systems.self(side, (system) => movesIn(systems, system, both));
    }
  }
  const differences = bySide((side) => potentialDifference(source, side));
  const found = directions.map((one, k) => {
    const own = bySide((side) => self[side]?.[k].x);
    if (!isBalanced(source)) return { cross: cross[k], own };
    const moves = bySide((side) => cross[k][side].map((value, i) => value - (own[side]?.[i] ?? 0)));
    const shifts = gaugeMove(source, one, moves, differences);
    const shifted = bySide((side) => {
      const { count } = source.pair[side];
      return cross[k][side].map((value, i) => value + (side === 'x' ? 1 : -1) * shifts[Math.floor(i / count)]);
    });
    return { cross: shifted, own };
  });
  return {
    f_ba: joined(found.map((one) => one.cross.x)),
    g_ab: joined(found.map((one) => one.cross.y)),
    ...(source.potentials.f_aa && { f_aa: joined(found.map((one) => one.own.x)) }),
    ...(source.potentials.g_bb && { g_bb: joined(found.map((one) => one.own.y)) }),
    diagnostics: systems.diagnostics(),
  };
}

/** The same of one problem, in the input's units. */
function* movesIn(
  systems: SolvedSystems,
  system: OptimalitySystem,
  directions: readonly Direction[],
): Task<readonly BothSides[]> {
  const { passes } = system;
  const scaled = directions.map((one) => inUnits(one, passes));
  const { moves, sizes } = systems.solved(yield* potentialMoves(system, scaled, systems.accuracy, ['x', 'y']));
  const { batch } = passes.pair.x;
  for (const [k, move] of moves.entries()) {
    for (const side of ['x', 'y'] as const) {
      const cancellation = isBalanced(passes) && !system.isSelf ? freeCancellationOf : cancellationOf;
      systems.cancels(cancellation(move[side][side], [sizes[k][side]], batch), 'potentials');
    }
  }
  return moves.map((move) => bySide((side) => move[side][side].map((value) => value * passes.units.energy)));
}

/**
 * Gradients of <cotangents, potentials> in the measures, in blur and in reach. Where both marginals are met exactly, f_ba and g_ab are
 * those of the one translation that is given, in which f_ba - f_aa and g_ab - g_bb have equal means.
 */
export function* potentialsVjp(
  source: SolvedSource,
  cotangents: PotentialCotangents,
  options: DerivativeOptions = {},
): Task<Cotangents> {
  checkTaken('potentialsVjp', source);
  const systems = systemsOf('potentialsVjp', source, options);
  const { pair } = source;
  const given = checkCotangents(source, cotangents);
  const directWeights: BothSides[] = [];
  for (const one of given) directWeights.push(translated(source, one));
  const pulledIn = (system: OptimalitySystem, of: (one: Cotangent) => BothSides) =>
    pullBack(
      systems,
      system,
      given.map((one) => ({
        potentials: bySide((side) => of(one)[side].map((value) => value * system.passes.units.energy)),
      })),
    );
  const cross = yield* systems.cross((system) => pulledIn(system, (one) => one.cross));
  const self: { [S in Side]?: readonly PulledBack[] } = {};
  for (const side of ['x', 'y'] as const) {
    if (given.every((one) => one.self[side].every((value) => value === 0))) continue;
    self[side] = yield* systems.self(side, (system) =>
      pulledIn(system, (one) => ({ x: one.self[side], y: one.self[side] })),
    );
  }
  const all = cross.map((one, k): PulledBack => {
    const measures = bySide((side) => {
      const own = self[side]?.[k].x;
      return {
        points: one[side].points.map((value, i) => value + (own?.points[i] ?? 0)),
        weights: one[side].weights.map((value, i) => value + (own?.weights[i] ?? 0) + directWeights[k][side][i]),
      };
    });
    const sizes = bySide((side) => {
      const of = [one.sizes[side], ...(self[side] ? [self[side][k].sizes.x] : [])];
      const count = pair[side].batch * pair[side].count;
      return {
        points: of.flatMap(({ points }) => points),
        weights: [...of.flatMap(({ weights }) => weights), ownSizes(directWeights[k][side], count)],
      };
    });
    return {
      ...measures,
      sizes: {
        ...sizes,
        epsilon: [one, self.x?.[k], self.y?.[k]].flatMap((of) => of?.sizes.epsilon ?? []),
        rho: bySide((side) => [...one.sizes.rho[side], ...(self[side]?.[k].sizes.rho.x ?? [])]),
      },
      epsilon: one.epsilon + (self.x?.[k].epsilon ?? 0) + (self.y?.[k].epsilon ?? 0),
      rho: bySide((side) => one.rho[side] + (self[side]?.[k].rho.x ?? 0)),
    };
  });
  return cotangentsOf(source, all, systems);
}

interface Cotangent {
  readonly cross: Record<Side, Float64Array>;
  readonly self: Record<Side, Float64Array>;
}

function checkCotangents(source: SolvedSource, cotangents: PotentialCotangents): readonly Cotangent[] {
  const { pair, potentials } = source;
  const known = (['f_ba', 'g_ab', 'f_aa', 'g_bb'] as const).filter((name) => potentials[name] !== undefined);
  checkNames('cotangents', cotangents, known);
  const parts = new Map<string, readonly Float64Array[]>();
  for (const side of ['x', 'y'] as const) {
    for (const name of [NAMES[side].cross, NAMES[side].self]) {
      const values = cotangents[name];
      if (values) parts.set(name, slices(`cotangents.${name}`, values, pair[side].batch * pair[side].count));
    }
  }
  const counts = new Set([...parts.values()].map(({ length }) => length));
  if (counts.size === 0) throw new InvalidOptionError(`cotangents is empty: give numbers for ${known.join(', ')}`);
  if (counts.size > 1) {
    const told = [...parts].map(([name, { length }]) => `${name} has ${length}`);
    throw new InvalidMeasureError(`cotangents.${told.join(', ')}: give as many cotangents in each`);
  }
  const [size] = counts;
  return Array.from({ length: size }, (_, k) => {
    const of = (problem: 'cross' | 'self') =>
      bySide(
        (side) => parts.get(NAMES[side][problem])?.[k].slice() ?? new Float64Array(pair[side].batch * pair[side].count),
      );
    return { cross: of('cross'), self: of('self') };
  });
}

/**
 * Takes the translation out of a cotangent that asks for it: f = f0 + c and g = g0 - c with 2 c = mean_b(g0 - g_bb) - mean_a(f0 - f_aa).
 * What is left asks as much of f as of g. Gives what is asked of the weights directly, in these means.
 */
function translated(source: SolvedSource, { cross, self }: Cotangent): BothSides {
  const direct = bySide((side) => new Float64Array(cross[side].length));
  if (!isBalanced(source)) return direct;
  const { pair } = source;
  const total = (values: Float64Array, side: Side, element: number) => {
    const { count } = pair[side];
    return values.subarray(element * count, (element + 1) * count).reduce((sum, value) => sum + value, 0);
  };
  for (const element of pair.x.masses.keys()) {
    const half = (total(cross.x, 'x', element) - total(cross.y, 'y', element)) / 2;
    for (const side of ['x', 'y'] as const) {
      const { weights, masses, count } = pair[side];
      const difference = potentialDifference(source, side);
      const sign = side === 'x' ? 1 : -1;
      let mean = 0;
      for (let i = element * count; i < (element + 1) * count; i++)
        mean += (weights[i] / masses[element]) * difference[i];
      for (let i = element * count; i < (element + 1) * count; i++) {
        const share = weights[i] / masses[element];
        cross[side][i] -= sign * half * share;
        if (potentialsOf(source.potentials, side).self) self[side][i] += sign * half * share;
        direct[side][i] -= (sign * half * (difference[i] - mean)) / masses[element];
      }
    }
  }
  return direct;
}
