/** A preconditioner: writes an approximate solution of the system over its right-hand side. */
export type Preconditioner = (vector: Float64Array) => void;

/** A weighted graph whose Laplacian is to be factorised, with links from its nodes to the ground. */
export interface Graph {
  readonly nodes: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly weight: readonly number[];
  /** The weight of each node's link to the ground: what its diagonal entry exceeds its edges by. */
  readonly ground: Float64Array;
}

/** Of the random numbers that edges are drawn by: fixed, so that results are the same each time. */
const SEED = 0x2545f491;

/** Numbers in [0, 1) from 32 bits (xorshift; Marsaglia 2003). */
function randomNumbers(): () => number {
  let state = SEED;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Nodes by their degree, the least one first. Nodes are put in again when their degree changes; old entries are skipped. */
function degreeQueue(degrees: Int32Array) {
  const buckets: number[][] = [];
  let lowest = 0;
  const put = (node: number) => {
    const degree = degrees[node];
    buckets[degree] ??= [];
    buckets[degree].push(node);
    if (degree < lowest) lowest = degree;
  };
  return {
    put,
    /** The next node that is not done; undefined after the last one. */
    take(done: Uint8Array): number | undefined {
      for (; lowest < buckets.length; lowest++) {
        const bucket = buckets[lowest];
        for (let node = bucket?.pop(); node !== undefined; node = bucket.pop()) {
          if (!done[node] && degrees[node] === lowest) return node;
        }
      }
      return undefined;
    },
  };
}

/**
 * The approximate Cholesky factorisation of a graph's Laplacian (Kyng and Sachdeva 2016): nodes are eliminated in the order of
 * their degrees, and the clique that an elimination leaves is replaced by a random tree with the same expectation.
 */
export function approximateCholesky({ nodes, from, to, weight, ground }: Graph): Preconditioner {
  const neighbours: number[][] = Array.from({ length: nodes }, () => []);
  const weights: number[][] = Array.from({ length: nodes }, () => []);
  const link = (u: number, v: number, w: number) => {
    neighbours[u].push(v);
    weights[u].push(w);
    neighbours[v].push(u);
    weights[v].push(w);
  };
  for (let k = 0; k < from.length; k++) link(from[k], to[k], weight[k]);

  const excess = Float64Array.from(ground);
  const done = new Uint8Array(nodes);
  const degrees = Int32Array.from(neighbours, ({ length }) => length);
  const queue = degreeQueue(degrees);
  for (let node = 0; node < nodes; node++) queue.put(node);
  const random = randomNumbers();
  const merged = new Float64Array(nodes);

  const order: number[] = [];
  const diagonal: number[] = [];
  const starts: number[] = [0];
  const targets: number[] = [];
  const shares: number[] = [];

  for (let node = queue.take(done); node !== undefined; node = queue.take(done)) {
    done[node] = 1;
    const around: number[] = [];
    for (const [k, other] of neighbours[node].entries()) {
      if (done[other]) continue;
      if (merged[other] === 0) around.push(other);
      merged[other] += weights[node][k];
    }
    neighbours[node] = [];
    weights[node] = [];
    around.sort((u, v) => merged[u] - merged[v] || u - v);
    const strengths = around.map((other) => merged[other]);
    for (const other of around) merged[other] = 0;
    const total = strengths.reduce((sum, strength) => sum + strength, excess[node]);
    order.push(node);
    diagonal.push(total > 0 ? total : Number.MIN_VALUE);
    for (const [k, other] of around.entries()) {
      targets.push(other);
      shares.push(strengths[k] / total);
    }
    starts.push(targets.length);
    // What is left of the clique: a link of each neighbour, but the strongest, to one that is stronger.
    let above = strengths.reduce((sum, strength) => sum + strength, 0);
    for (const [k, other] of around.entries()) {
      excess[other] += (strengths[k] * excess[node]) / total;
      above -= strengths[k];
      degrees[other] -= 1;
      if (k < around.length - 1 && above > 0) {
        let chosen = k + 1;
        for (let left = random() * above; chosen < around.length - 1; chosen++) {
          left -= strengths[chosen];
          if (left < 0) break;
        }
        link(other, around[chosen], (strengths[k] * above) / total);
        degrees[other] += 1;
        degrees[around[chosen]] += 1;
      }
    }
    for (const other of around) queue.put(other);
  }

  return (vector) => {
    for (const [k, node] of order.entries()) {
      const value = vector[node];
      for (let at = starts[k]; at < starts[k + 1]; at++) vector[targets[at]] += shares[at] * value;
    }
    for (let k = order.length - 1; k >= 0; k--) {
      let value = vector[order[k]] / diagonal[k];
      for (let at = starts[k]; at < starts[k + 1]; at++) value += shares[at] * vector[targets[at]];
      vector[order[k]] = value;
    }
  };
}
