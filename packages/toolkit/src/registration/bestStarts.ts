import { type Cloud, meanOf, thinned } from './cloud.js';
import { fitRigid } from './fitMap.js';
import { andThen, identityMap, type LinearMap, mapPoints } from './linearMap.js';
import type { CheckedRegistration } from './options.js';
import { reachAt } from './pull.js';
import { type MovedPull, pullAll } from './pullAll.js';

/**
 * Looks from several sides: steps of blurs that are shares of the first one, and the best ones go on. Few points tell which sides are worth
 * a closer look: with 100 points the right one was up to 18 % dearer than the cheapest,
 * with 300 at most 1.5 %, in 72 registrations of 36 made shapes.
 */
const ROUNDS = [
  { points: 100, steps: 6, from: 1, to: 0.25, keep: 6 },
  { points: 300, steps: 6, from: 0.25, to: 0.1, keep: 3 },
] as const;
/** A next best that costs this many times as much is no rival. */
const RIVAL = 1.15;

/** The rotations to begin with: the best one, and up to two more that cost hardly more. All sides take a step at once, as a batch. */
export async function bestStarts(checked: CheckedRegistration): Promise<readonly LinearMap[]> {
  const { backend, blurs, reach, run } = checked;
  const [first, last] = [blurs[0], blurs[blurs.length - 1]];
  let maps = startsOf(checked.source, checked.target);
  if (maps.length === 1) return maps;
  for (const [round, { points, steps, from, to, keep }] of ROUNDS.entries()) {
    const source = thinned(checked.source, points);
    const target = thinned(checked.target, points);
    let costs: number[] = [];
    let turns: (Float64Array | undefined)[] = [];
    for (let step = 0; step < steps; step++) {
      run.onProgress?.({ stage: 'looking from several sides', share: (round + step / steps) / ROUNDS.length });
      const blur = Math.max(last, first * from * (to / from) ** (step / (steps - 1)));
      const options = { backend, blur, reach: reachAt(blur, reach), signal: run.signal };
      const pulls = await pullAll(source, maps, target, options);
      costs = pulls.map(({ cost }) => cost);
      const fits = pulls.map((pull) => fitOf(pull, source.dimension));
      maps = fits.map((fit, index) => {
        const times = timesOf(turnOf(fit), turns[index]);
        return Array.from({ length: times }).reduce<LinearMap>((map) => andThen(map, fit), maps[index]);
      });
      turns = fits.map(turnOf);
    }
    const order = costs.map((cost, index) => ({ cost, index })).sort((a, b) => a.cost - b.cost);
    // The side that was given goes on too: where clouds overlap in part, one that is turned away can seem to cost less.
    const isFirst = round === 0;
    const kept = isFirst || reach !== undefined ? [0] : [order[0].index];
    for (const { cost, index } of order) {
      const isRival = isFirst || cost < RIVAL * order[0].cost;
      const isNew = kept.every((other) => areApart(maps[index], maps[other]));
      if (kept.length < keep && isRival && isNew) kept.push(index);
    }
    maps = kept.map((index) => maps[index]);
  }
  return maps;
}

function fitOf({ points, shifts, masses }: MovedPull, dimension: number): LinearMap {
  if (!masses.some((mass) => mass > 0)) return identityMap(dimension);
  const aims = points.map((value, k) => value + shifts[k]);
  return fitRigid({ points, aims, weights: masses, dimension }, false);
}

const turnOf = ({ matrix, translation: { length } }: LinearMap): Float64Array =>
  matrix.map((value, k) => value - matrix[(k % length) * length + Math.floor(k / length)]);

/** Raising it turns past the end where steps do not go on alike. Found on a made surface that six steps did not bring round. */
const MOST_TIMES = 4;

/** How often to take a step: one that turns on as the one before did, and hardly less, has a geometric series of them to go. */
function timesOf(turn: Float64Array, before: Float64Array | undefined): number {
  if (!before) return 1;
  const along = before.reduce((sum, value, k) => sum + value * turn[k], 0);
  const rate = along / before.reduce((sum, value) => sum + value ** 2, 0);
  return rate > 0 ? Math.round(Math.min(MOST_TIMES, 1 / Math.max(1 - rate, 1 / MOST_TIMES))) : 1;
}

/** Rotations closer than this, the length of the difference of their matrices, count as one: 15 degrees in space. */
const APART = 0.37;

/** Whether two maps turn otherwise. */
export const areApart = (a: LinearMap, b: LinearMap): boolean =>
  Math.hypot(...a.matrix.map((value, k) => value - b.matrix[k])) > APART;

/** The means brought together, and turned to each of the ways in which axes can be laid onto axes. */
function startsOf(source: Cloud, target: Cloud): LinearMap[] {
  const { dimension } = source;
  const [from, to] = [source, target].map(meanOf);
  return turnsOfAxes(dimension).map((matrix) => {
    const moved = mapPoints({ matrix, translation: new Float64Array(dimension) }, from);
    return { matrix, translation: to.map((value, d) => value - moved[d]) };
  });
}

/** Up to so many dimensions all turns of the axes are tried: 1, 4 and 24 of them. */
const TURNED_DIMENSIONS = 3;

/** The rotations that take axes to axes. Any rotation is within 45 degrees of one of them in the plane, within 63 in space. */
function turnsOfAxes(dimension: number): Float64Array[] {
  if (dimension > TURNED_DIMENSIONS) return [identityMap(dimension).matrix];
  let all: { columns: number[]; signs: number[]; determinant: number }[] = [{ columns: [], signs: [], determinant: 1 }];
  const axes = Array.from({ length: dimension }, (_, axis) => axis);
  for (const _ of axes) {
    all = all.flatMap(({ columns, signs, determinant }) =>
      axes
        .filter((column) => !columns.includes(column))
        .flatMap((column) => {
          const order = columns.filter((other) => other > column).length % 2 === 1 ? -1 : 1;
          return [1, -1].map((sign) => ({
            columns: [...columns, column],
            signs: [...signs, sign],
            determinant: determinant * sign * order,
          }));
        }),
    );
  }
  return all
    .filter(({ determinant }) => determinant > 0)
    .map(({ columns, signs }) => {
      const matrix = new Float64Array(dimension ** 2);
      for (const [row, column] of columns.entries()) matrix[row * dimension + column] = signs[row];
      return matrix;
    });
}
