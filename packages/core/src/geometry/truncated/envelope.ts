import type { Entries } from '../../spatial/coreset.js';
import { NODES_BETWEEN_PAUSES, type Tree } from '../../spatial/tree.js';
import { pause, type Task } from '../../tasks/task.js';

/**
 * What a potential g can be in each node of a tree, for the cost |x - y|^2 / 2. With h(y) = g(y) - |y|^2/2, for all
 * entries y of a node: h(y) <= upper - target . y, and the mean of h over the node's mass is `lower`.
 */
export interface Envelope {
  readonly upper: Float64Array;
  readonly lower: Float64Array;
  /** [T, D]: mean of y - grad g(y), which is about where the node's mass is sent. Any vector gives a valid bound. */
  readonly targets: Float64Array;
}

/**
 * Entries of a node from which a slope is taken; smaller ones take their parent's. Raising it makes bounds of small nodes looser and
 * faster to find: any slope gives a valid one. Chosen, not measured.
 */
const ENTRIES_FOR_SLOPE = 6;
/**
 * Of the trace: directions with less spread than this have no slope of their own. Raising it flattens slopes of thin nodes, whose bounds
 * become looser. Chosen, not measured.
 */
const RIDGE = 1e-8;

export function* envelopeOf(tree: Tree, { points, weights }: Entries, potential: Float64Array): Task<Envelope> {
  const { dimension, count, starts, ends, firstChildren, childCounts, centres, halves, masses, means } = tree;
  const size = dimension * dimension;
  const upper = new Float64Array(count);
  const lower = new Float64Array(count);
  const averages = new Float64Array(count);
  const spreads = new Float64Array(count * size);
  const covariations = new Float64Array(count * dimension);
  const slopes = new Float64Array(count * dimension);
  const targets = new Float64Array(count * dimension);
  // Of one node at a time: a system of equations, with its right side beside it.
  const width = dimension + 1;
  const matrix = new Float64Array(dimension * width);

  // Loops over entries are in functions of their own: engines make less of those in generators.
  for (let node = count - 1; node >= 0; node--) {
    if (node % NODES_BETWEEN_PAUSES === 0) yield* pause();
    accumulateMoments(node);
  }

  for (let node = 0; node < count; node++) {
    for (let child = firstChildren[node]; child < firstChildren[node] + childCounts[node]; child++) {
      if (ends[child] - starts[child] >= ENTRIES_FOR_SLOPE) continue;
      for (let c = 0; c < dimension; c++) slopes[child * dimension + c] = slopes[node * dimension + c];
    }
    for (let c = 0; c < dimension; c++) {
      targets[node * dimension + c] = means[node * dimension + c] - slopes[node * dimension + c];
    }
  }

  for (let node = count - 1; node >= 0; node--) {
    if (node % NODES_BETWEEN_PAUSES === 0) yield* pause();
    upper[node] = highestIn(node);
  }
  return { upper, lower, targets };

  function accumulateMoments(node: number): void {
    const isLeaf = childCounts[node] === 0;
    const from = isLeaf ? starts[node] : firstChildren[node];
    const to = isLeaf ? ends[node] : from + childCounts[node];
    const mass = masses[node];
    for (let part = from; part < to; part++) {
      const share = (isLeaf ? weights[part] : masses[part]) / mass;
      averages[node] += share * (isLeaf ? potential[part] : averages[part]);
      if (!isLeaf) {
        lower[node] += share * lower[part];
        continue;
      }
      let square = 0;
      for (let c = 0; c < dimension; c++) square += points[part * dimension + c] ** 2;
      lower[node] += share * (potential[part] - square / 2);
    }
    for (let part = from; part < to; part++) {
      const share = (isLeaf ? weights[part] : masses[part]) / mass;
      const values = isLeaf ? potential : averages;
      const places = isLeaf ? points : means;
      for (let a = 0; a < dimension; a++) {
        const u = share * (places[part * dimension + a] - means[node * dimension + a]);
        covariations[node * dimension + a] += u * (values[part] - averages[node]);
        if (!isLeaf) covariations[node * dimension + a] += share * covariations[part * dimension + a];
        for (let b = 0; b < dimension; b++) {
          const k = node * size + a * dimension + b;
          spreads[k] += u * (places[part * dimension + b] - means[node * dimension + b]);
          if (!isLeaf) spreads[k] += share * spreads[part * size + a * dimension + b];
        }
      }
    }
    if (ends[node] - starts[node] >= ENTRIES_FOR_SLOPE) solveSlope(node);
  }

  /** What h(y) + target . y is at most in a node. */
  function highestIn(node: number): number {
    let highest = Number.NEGATIVE_INFINITY;
    if (childCounts[node] === 0) {
      for (let entry = starts[node]; entry < ends[node]; entry++) {
        let value = potential[entry];
        for (let c = 0; c < dimension; c++) {
          const y = points[entry * dimension + c];
          value += (targets[node * dimension + c] - y / 2) * y;
        }
        if (value > highest) highest = value;
      }
    }
    for (let child = firstChildren[node]; child < firstChildren[node] + childCounts[node]; child++) {
      let value = upper[child];
      for (let c = 0; c < dimension; c++) {
        const change = targets[node * dimension + c] - targets[child * dimension + c];
        value += change * centres[child * dimension + c] + Math.abs(change) * halves[child * dimension + c];
      }
      if (value > highest) highest = value;
    }
    return highest;
  }

  /** The slope of the regression of the potential on the coordinates, by elimination on a matrix kept regular. */
  function solveSlope(node: number): void {
    let trace = 0;
    for (let a = 0; a < dimension; a++) {
      for (let b = 0; b < dimension; b++) matrix[a * width + b] = spreads[node * size + a * dimension + b];
      matrix[a * width + dimension] = covariations[node * dimension + a];
      trace += matrix[a * width + a];
    }
    if (!(trace > 0)) return;
    for (let a = 0; a < dimension; a++) matrix[a * width + a] += RIDGE * trace;
    for (let a = 0; a < dimension; a++) {
      for (let below = a + 1; below < dimension; below++) {
        const factor = matrix[below * width + a] / matrix[a * width + a];
        for (let b = a; b < width; b++) matrix[below * width + b] -= factor * matrix[a * width + b];
      }
    }
    for (let a = dimension - 1; a >= 0; a--) {
      let value = matrix[a * width + dimension];
      for (let b = a + 1; b < dimension; b++) value -= matrix[a * width + b] * slopes[node * dimension + b];
      slopes[node * dimension + a] = value / matrix[a * width + a];
    }
  }
}
