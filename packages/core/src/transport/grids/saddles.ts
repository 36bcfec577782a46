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
/** Blurs beyond which exp(-r^2 / eps), or exp(-2 r / eps), is below the last digit of float64. */
const REACH = { squared: 6, absolute: 18 };
/** Cells at most, next to the nodes of both grids: grids that lie far apart have nothing between them to look at. */
const MOST_CELLS = 4;
/** Steps of the logarithm of masses by which cells are sorted. Raising it tells saddles more exactly. Chosen, not measured. */
const STEPS_OF_LOG = 8;
/** The range of those logarithms: that of float64. */
const LOGS = { least: -746, count: 1460 };

/**
 * What parts of two grids' mass lack that exchange little of it: where they are joined by a saddle of the mass alone, a sweep moves no more than what
 * lies there, and what a part has in common goes on for as many sweeps as there is mass in the part for each unit of that.
 *
 * Masses of both grids are blurred by exp(-r^2 / eps), half way between two nodes exp(-d^2 / 4 eps), which is how much two sides of a sweep bring from
 * one to the other; then cells join from the heaviest to the lightest one, as in a watershed (Vincent and Soille 1991), and where two parts meet, the
 * smaller one has that saddle.
 */
export function saddles(grids: Readonly<Record<Side, GridWeights>>, exchange: Exchange) {
  const cells = cellsOf(grids, exchange);
  const epsilon = exchange.blur ** exchange.p;
  const found: (Float64Array | undefined)[] = [];
  const orders: (Uint32Array | undefined)[] = [];
  return (side: Side, steps: Float64Array): AcrossSaddles => {
    const { weights, batch, count } = grids[side].weights;
    const squares = new Float64Array(batch);
    let potentials = 0;
    if (!cells) return { potentials, squares };
    for (let element = 0; element < batch; element++) {
      found[element] ??= blurredMasses(grids, cells, element, exchange);
      const density = found[element] as Float64Array;
      orders[element] ??= fromHeaviest(density);
      const parts = partsOf(cells, density.length);
      const place = cells.places[side];
      const own = weights.subarray(element * count, (element + 1) * count);
      const others = grids[other(side)].weights;
      for (let i = 0; i < others.count; i++)
        parts.surplus[cells.places[other(side)](i)] -= others.weights[element * others.count + i];
      const off = missingOf(own, steps.subarray(element * count, (element + 1) * count), exchange);
      for (let i = 0; i < count; i++) {
        const cell = place(i);
        parts.masses[cell] += own[i];
        parts.surplus[cell] += own[i];
        parts.changes[cell] += off[i];
        parts.nodes[cell] += 1;
      }
      parts.join(orders[element] as Uint32Array, ({ mass, surplus, change, nodes }, cell) => {
        // What has to leave takes the way of what may.
        const passing = density[cell] + Math.abs(surplus);
        const further = 1 / Math.max(Number.MIN_VALUE, 1 - exchange.kept * (1 - Math.min(1, passing / mass)));
        const isFar = exchange.kept === 1 && Math.abs(change) > NEAR * epsilon * passing;
        const lack = isFar
          ? exchange.most
          : Math.min(exchange.most, (Math.abs(change) / mass + exchange.rounding) * further);
        potentials += lack ** 2 * ((nodes * (count - nodes)) / count);
        squares[element] += Math.abs(change) * lack;
      });
    }
    return { potentials: Math.sqrt(potentials), squares };
  };
}

/**
 * The mass that a plan whose columns are right lacks in each row, times the temperature: to first order mass times change. What is beyond that adds up over
 * a part to far more than what passes a saddle, and does not in this, as mass is neither made nor lost.
 */
function missingOf(weights: Float64Array, steps: Float64Array, { p, blur }: Exchange): Float64Array {
  const epsilon = blur ** p;
  // Beyond these nothing is near its solution.
  const excess = steps.map((step) => Math.expm1(Math.max(-1, Math.min(1, -step / epsilon))));
  let [mass, surplus] = [0, 0];
  for (const [i, weight] of weights.entries()) {
    mass += weight;
    surplus += weight * excess[i];
  }
  const common = surplus / mass;
  return excess.map((value, i) => (-epsilon * weights[i] * (value - common)) / (1 + common));
}

/** Cells over both grids, row by row. */
interface Cells {
  readonly lengths: readonly number[];
  readonly widths: readonly number[];
  /** The cell of each node of a side. */
  readonly places: Readonly<Record<Side, (node: number) => number>>;
}

function cellsOf({ x, y }: Readonly<Record<Side, GridWeights>>, { blur }: Exchange): Cells | undefined {
  const spacingOf = (axis: Float64Array) => (axis.length > 1 ? axis[1] - axis[0] : 0);
  const lows = x.axes.map((axis, k) => Math.min(axis[0], y.axes[k][0]));
  const widths = x.axes.map((axis, k) => {
    const spacing = Math.max(spacingOf(axis), spacingOf(y.axes[k])) || blur;
    return spacing * Math.max(1, Math.round(blur / spacing));
  });
  const along = ({ axes }: GridWeights) =>
    // A node on a border belongs to the same cell however it is rounded.
    axes.map((axis, k) => Uint32Array.from(axis, (at) => Math.floor((at - lows[k]) / widths[k] + 1 / 4)));
  const indices = { x: along(x), y: along(y) };
  const lengths = widths.map((_, k) => 1 + Math.max(indices.x[k].at(-1) ?? 0, indices.y[k].at(-1) ?? 0));
  const count = lengths.reduce((product, length) => product * length, 1);
  if (!(count <= MOST_CELLS * (x.weights.count + y.weights.count))) return undefined;
  const placesOf = (side: readonly Uint32Array[]) => (node: number) => {
    let [cell, step, left] = [0, 1, node];
    for (let axis = side.length - 1; axis >= 0; axis--) {
      const length = side[axis].length;
      cell += step * side[axis][left % length];
      step *= lengths[axis];
      left = Math.floor(left / length);
    }
    return cell;
  };
  return { lengths, widths, places: { x: placesOf(indices.x), y: placesOf(indices.y) } };
}

/** The mean of both grids' masses in each cell, blurred along one axis after the other. */
function blurredMasses(
  grids: Readonly<Record<Side, GridWeights>>,
  { lengths, widths, places }: Cells,
  element: number,
  { p, blur }: Exchange,
): Float64Array {
  let masses = new Float64Array(lengths.reduce((product, length) => product * length, 1));
  for (const side of ['x', 'y'] as const) {
    const { weights, count } = grids[side].weights;
    for (let i = 0; i < count; i++) masses[places[side](i)] += weights[element * count + i] / 2;
  }
  let inner = 1;
  for (let axis = lengths.length - 1; axis >= 0; axis--) {
    const length = lengths[axis];
    const ratio = widths[axis] / blur;
    const reach = Math.min(length - 1, Math.ceil((p === 2 ? REACH.squared : REACH.absolute) / ratio));
    const kernel = Float64Array.from({ length: reach + 1 }, (_, k) =>
      Math.exp(p === 2 ? -((k * ratio) ** 2) : -2 * k * ratio),
    );
    const blurred = new Float64Array(masses.length);
    for (let from = 0; from < masses.length; from++) {
      const mass = masses[from];
      if (mass === 0) continue;
      const at = Math.floor(from / inner) % length;
      const [first, last] = [Math.max(-at, -reach), Math.min(length - 1 - at, reach)];
      for (let k = first; k <= last; k++) blurred[from + k * inner] += mass * kernel[Math.abs(k)];
    }
    masses = blurred;
    inner *= length;
  }
  return masses;
}

/** The cells with mass, from the heaviest to the lightest one, by their logarithms in steps. */
function fromHeaviest(masses: Float64Array): Uint32Array {
  const most = LOGS.count * STEPS_OF_LOG - 1;
  const rank = (mass: number) =>
    most - Math.max(0, Math.min(most, Math.floor((Math.log(mass) - LOGS.least) * STEPS_OF_LOG)));
  const starts = new Uint32Array(most + 2);
  const ranks = new Int32Array(masses.length).fill(-1);
  for (const [cell, mass] of masses.entries()) {
    if (!(mass > 0)) continue;
    ranks[cell] = rank(mass);
    starts[ranks[cell] + 1] += 1;
  }
  for (let k = 0; k <= most; k++) starts[k + 1] += starts[k];
  const order = new Uint32Array(starts[most + 1]);
  for (const [cell, at] of ranks.entries()) if (at >= 0) order[starts[at]++] = cell;
  return order;
}

/** What is known of a part: its mass, what it has more of than the other side, the sum of mass times change, and its nodes. */
interface Part {
  readonly mass: number;
  readonly surplus: number;
  readonly change: number;
  readonly nodes: number;
}

/** Told of a part that meets a larger one, and of the cell of the saddle. */
type OnMeeting = (part: Part, cell: number) => void;

/** Disjoint sets of cells, with sums over each. */
function partsOf({ lengths }: Cells, count: number) {
  const sums = () => new Float64Array(count);
  const [masses, surplus, changes, nodes] = [sums(), sums(), sums(), sums()];
  const parent = new Int32Array(count).fill(-1);
  const rootOf = (cell: number) => {
    let root = cell;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]];
      root = parent[root];
    }
    return root;
  };
  const unite = (one: number, two: number, cell: number, onMeeting: OnMeeting): number => {
    const [small, large] = masses[one] < masses[two] ? [one, two] : [two, one];
    if (masses[small] > 0) {
      onMeeting({ mass: masses[small], surplus: surplus[small], change: changes[small], nodes: nodes[small] }, cell);
    }
    parent[small] = large;
    for (const sum of [masses, surplus, changes, nodes]) sum[large] += sum[small];
    return large;
  };
  return {
    masses,
    surplus,
    changes,
    nodes,
    join(order: Uint32Array, onMeeting: OnMeeting): void {
      for (const cell of order) {
        parent[cell] = cell;
        let root = cell;
        let inner = 1;
        for (let axis = lengths.length - 1; axis >= 0; axis--) {
          const at = Math.floor(cell / inner) % lengths[axis];
          for (const [near, isInside] of [
            [cell - inner, at > 0],
            [cell + inner, at < lengths[axis] - 1],
          ] as const) {
            if (!isInside || parent[near] < 0) continue;
            const other = rootOf(near);
            if (other !== root) root = unite(root, other, cell, onMeeting);
          }
          inner *= lengths[axis];
        }
      }
    },
  };
}
