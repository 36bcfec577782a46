import { other, type Side } from '../../measure/side.js';
import type { GridWeights } from './coarser.js';

/** What a side's potential lacks between parts of the mass, as one sweep's change tells it. */
export interface AcrossSaddles {
  /** Its Euclidean norm over all nodes. */
  readonly potentials: number;
  /** [B]: the sum of mass times change times what that comes to. */
  readonly squares: Float64Array;
}

/** How fast a sweep moves mass, and what a change says that is none. */
export interface Exchange {
  readonly p: number;
  readonly blur: number;
  /** The share of what a part has in common that a sweep leaves where no mass goes out of it: 1 where marginals are held. */
  readonly kept: number;
  /** What a potential is rounded by, and the most that one can lack. */
  readonly rounding: number;
  readonly most: number;
}

/**
 * The share of what passes a saddle that may be missing for a change to tell what is lacking: where almost nothing passes yet of what has to, mass
 * takes a way that it does not take now. Raising it believes more. Chosen, not measured.
 */
const NEAR = 0.5;
/** The share of a part that goes out of it in a sweep above which sweeps settle it in tens: no way is closed then. Raising it doubts more. */
const SLOW = 0.1;
/** The share of a node's mass, blurred, below which float64 has no digit of it. */
const LEAST = 1e-16;
/** Cells at most, next to the nodes of both grids: grids that lie far apart have nothing between them to look at. */
const MOST_CELLS = 4;

/**
 * What parts of two grids' mass lack that exchange little of it: where they are joined by a saddle of the mass alone, a sweep moves no more than what
 * lies there, and what a part has in common goes on for as many sweeps as there is mass in the part for each unit of that.
 *
 * Masses of both grids are blurred by exp(-r^2 / eps), or exp(-2 r / eps): half way between two nodes that is exp(-d^2 / 4 eps), which is how much
 * two sides of a sweep bring from one to the other; then cells join from the heaviest to the lightest one, as in a watershed (Vincent and Soille 1991), and where two parts meet, the
 * smaller one has that saddle.
 */
export function saddles(grids: Readonly<Record<Side, GridWeights>>, exchange: Exchange) {
  const { kept, rounding, most } = exchange;
  const epsilon = exchange.blur ** exchange.p;
  const cells = cellsOf(grids, exchange);
  const known: (readonly [density: Float64Array, order: Uint32Array])[] = [];
  return (side: Side, steps: Float64Array): AcrossSaddles => {
    const { weights, batch, count } = grids[side].weights;
    const squares = new Float64Array(batch);
    let square = 0;
    for (let element = 0; cells && element < batch; element++) {
      known[element] ??= fromHeaviest(blurredMasses(grids, cells, element, exchange));
      const [density, order] = known[element];
      const { lengths, strides, places } = cells;
      const sums = [0, 0, 0, 0].map(() => new Float64Array(density.length));
      const [masses, others, changes, nodes] = sums;
      const begin = element * count;
      const missing = missingOf(weights.subarray(begin, begin + count), steps.subarray(begin), epsilon);
      places[side].forEach((cell, i) => {
        masses[cell] += weights[begin + i];
        changes[cell] += missing[i];
        nodes[cell] += 1;
      });
      const against = grids[other(side)].weights;
      places[other(side)].forEach((cell, i) => {
        others[cell] += against.weights[element * against.count + i];
      });
      // The part of each cell: disjoint sets, with sums at their roots.
      const parent = new Int32Array(density.length).fill(-1);
      for (const cell of order) {
        let root = cell;
        parent[cell] = cell;
        // The cells next to it along each axis, before and after.
        for (let k = 0; k < 2 * lengths.length; k++) {
          const axis = k >> 1;
          const step = k % 2 || -1;
          const at = (Math.floor(cell / strides[axis]) % lengths[axis]) + step;
          let next = cell + step * strides[axis];
          if (at < 0 || at === lengths[axis] || parent[next] < 0) continue;
          while (parent[next] !== next) {
            parent[next] = parent[parent[next]];
            next = parent[next];
          }
          if (next === root) continue;
          const [small, large] = masses[next] < masses[root] ? [next, root] : [root, next];
          if (masses[small] > 0) {
            const mass = masses[small];
            const change = Math.abs(changes[small]) / mass;
            // What has to leave takes the way of what may.
            const passing = density[cell] + Math.abs(mass - others[small]);
            const leaves = 1 - kept * (1 - passing / mass);
            const isFar = leaves < SLOW && change > NEAR * epsilon * leaves;
            const lack = isFar ? most : Math.min(most, (change + rounding) / leaves);
            square += lack ** 2 * ((nodes[small] * (count - nodes[small])) / count);
            squares[element] += mass * change * lack;
          }
          parent[small] = large;
          for (const each of sums) each[large] += each[small];
          root = large;
        }
      }
    }
    return { potentials: Math.sqrt(square), squares };
  };
}

/**
 * The mass that a plan whose columns are right lacks in each row, times the temperature: to first order mass times change. What is beyond that adds up over
 * a part to far more than what passes a saddle, and does not in this, as mass is neither made nor lost.
 */
function missingOf(weights: Float64Array, steps: Float64Array, epsilon: number): Float64Array {
  // Beyond that nothing is near its solution.
  const taken = weights.map((weight, i) => weight * Math.exp(Math.min(1, -steps[i] / epsilon)));
  const factor = sum(weights) / sum(taken);
  return weights.map((weight, i) => epsilon * (weight - factor * taken[i]));
}

const sum = (numbers: Float64Array): number => numbers.reduce((total, number) => total + number, 0);

/** Cells over both grids, row by row. */
interface Cells {
  readonly lengths: readonly number[];
  /** What the number of a cell grows by along each axis. */
  readonly strides: readonly number[];
  readonly widths: readonly number[];
  /** The cell of each node of a side. */
  readonly places: Readonly<Record<Side, readonly number[]>>;
}

function cellsOf({ x, y }: Readonly<Record<Side, GridWeights>>, { blur }: Exchange): Cells | undefined {
  const lows = x.axes.map((axis, k) => Math.min(axis[0], y.axes[k][0]));
  const widths = x.axes.map((axis, k) => {
    const spacing = Math.max(axis[1] - axis[0] || 0, y.axes[k][1] - y.axes[k][0] || 0) || blur;
    return spacing * Math.max(1, Math.round(blur / spacing));
  });
  // A node on a border belongs to the same cell however it is rounded.
  const indexOf = (at: number, axis: number) => Math.floor((at - lows[axis]) / widths[axis] + 1 / 4);
  const lengths = widths.map((_, k) => 1 + Math.max(...[x, y].map(({ axes }) => indexOf(axes[k].at(-1) as number, k))));
  const strides = lengths.map((_, k) => lengths.slice(k + 1).reduce((product, length) => product * length, 1));
  const count = strides[0] * lengths[0];
  if (!(count <= MOST_CELLS * (x.weights.count + y.weights.count))) return undefined;
  const placesOf = ({ axes }: GridWeights) =>
    axes.reduce(
      (cells, axis, k) => cells.flatMap((cell) => Array.from(axis, (at) => cell * lengths[k] + indexOf(at, k))),
      [0],
    );
  return { lengths, strides, widths, places: { x: placesOf(x), y: placesOf(y) } };
}

/** The mean of both grids' masses in each cell, blurred along one axis after the other. */
function blurredMasses(
  grids: Readonly<Record<Side, GridWeights>>,
  { lengths, strides, widths, places }: Cells,
  element: number,
  { p, blur }: Exchange,
): Float64Array {
  let masses = new Float64Array(strides[0] * lengths[0]);
  for (const side of ['x', 'y'] as const) {
    const { weights, count } = grids[side].weights;
    places[side].forEach((cell, i) => {
      masses[cell] += weights[element * count + i] / 2;
    });
  }
  for (const [axis, length] of lengths.entries()) {
    const step = strides[axis];
    const kernel: number[] = [];
    for (let k = 0, share = 1; share > LEAST && k < length; k++) {
      kernel.push(share);
      share = Math.exp((-2 / p) * (((k + 1) * widths[axis]) / blur) ** p);
    }
    masses = masses.map((mass, cell) => {
      const at = Math.floor(cell / step) % length;
      let sum = mass;
      for (let k = 1; k < kernel.length; k++) {
        if (k <= at) sum += kernel[k] * masses[cell - k * step];
        if (k < length - at) sum += kernel[k] * masses[cell + k * step];
      }
      return sum;
    });
  }
  return masses;
}

/** Masses of cells, and the cells that have some, from the heaviest to the lightest one. */
const fromHeaviest = (masses: Float64Array): readonly [Float64Array, Uint32Array] => [
  masses,
  Uint32Array.from(masses.keys())
    .filter((cell) => masses[cell] > 0)
    .sort((one, two) => masses[two] - masses[one]),
];
