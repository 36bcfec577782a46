import { chunked } from '../tasks/chunked.js';
import { pause, type Task } from '../tasks/task.js';

/** A preconditioner: writes an approximate solution of the system over its right-hand side. */
export type Preconditioner = (vector: Float64Array) => void;

/** A weighted graph whose Laplacian is to be factorised, with links from its nodes to the ground. */
export interface Graph {
  readonly nodes: number;
  /** Each edge: its two nodes, and a weight above 0. */
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
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

/** Nodes in buckets by their degree, so that one of the least degree is at hand. */
class DegreeBuckets {
  private readonly first: Int32Array;
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  private lowest = 0;

  /** @param degrees - Read whenever a node is put in or taken out. Degrees from the number of nodes on share a bucket. */
  constructor(private readonly degrees: Int32Array) {
    this.first = new Int32Array(degrees.length + 1).fill(NONE);
    this.next = new Int32Array(degrees.length).fill(NONE);
    this.previous = new Int32Array(degrees.length).fill(NONE);
    for (let node = degrees.length - 1; node >= 0; node--) this.put(node);
  }

  put(node: number): void {
    const bucket = this.bucketOf(node);
    const after = this.first[bucket];
    this.next[node] = after;
    this.previous[node] = NONE;
    if (after !== NONE) this.previous[after] = node;
    this.first[bucket] = node;
    if (bucket < this.lowest) this.lowest = bucket;
  }

  /** Takes a node out; its degree is still the one it was put in with. */
  remove(node: number): void {
    const [before, after] = [this.previous[node], this.next[node]];
    if (before === NONE) this.first[this.bucketOf(node)] = after;
    else this.next[before] = after;
    if (after !== NONE) this.previous[after] = before;
  }

  /** Takes out a node of the least degree; NONE where none is left. */
  take(): number {
    while (this.lowest < this.first.length && this.first[this.lowest] === NONE) this.lowest += 1;
    if (this.lowest === this.first.length) return NONE;
    const node = this.first[this.lowest];
    this.remove(node);
    return node;
  }

  private bucketOf(node: number): number {
    return Math.min(this.degrees[node], this.degrees.length);
  }
}

/** Links that are looked at between two places where a factorisation can be interrupted: some milliseconds of work. Raising it makes an abort wait longer. */
const LINKS_AT_ONCE = 1 << 14;

/** The end of a list, and what is no node. */
const NONE = -1;

/** The links of each node in lists, whose places are used again when a node is eliminated. */
class Links {
  private readonly first: Int32Array;
  private next: Int32Array;
  private node: Int32Array;
  private weight: Float64Array;
  private used = 0;
  private free = NONE;

  constructor(nodes: number, edges: number) {
    this.first = new Int32Array(nodes).fill(NONE);
    this.next = new Int32Array(2 * edges);
    this.node = new Int32Array(2 * edges);
    this.weight = new Float64Array(2 * edges);
  }

  add(from: number, to: number, weight: number): void {
    let at = this.free;
    if (at === NONE) {
      if (this.used === this.next.length) this.grow();
      at = this.used++;
    } else this.free = this.next[at];
    this.node[at] = to;
    this.weight[at] = weight;
    this.next[at] = this.first[from];
    this.first[from] = at;
  }

  /** Takes all links from a node, adds up those to the same node in `sums` and lists these nodes; links to what is done count no more. */
  takeAll(from: number, done: Uint8Array, sums: Float64Array, listed: Int32Array): number {
    let count = 0;
    for (let at = this.first[from]; at !== NONE; ) {
      const to = this.node[at];
      if (!done[to]) {
        if (sums[to] === 0) listed[count++] = to;
        sums[to] += this.weight[at];
      }
      const after = this.next[at];
      this.next[at] = this.free;
      this.free = at;
      at = after;
    }
    this.first[from] = NONE;
    return count;
  }

  private grow(): void {
    const length = 2 * this.next.length + 16;
    this.next = lengthened(this.next, new Int32Array(length));
    this.node = lengthened(this.node, new Int32Array(length));
    this.weight = lengthened(this.weight, new Float64Array(length));
  }
}

function lengthened<A extends Int32Array | Float64Array>(values: A, longer: A): A {
  longer.set(values);
  return longer;
}

/**
 * The approximate Cholesky factorisation of a graph's Laplacian (Kyng and Sachdeva 2016): nodes are eliminated in the order of
 * their degrees, and the clique that an elimination leaves is replaced by a random tree with the same expectation.
 */
export function* approximateCholesky({ nodes, from, to, weight, ground }: Graph): Task<Preconditioner> {
  const edges = from.length;
  const links = new Links(nodes, edges);
  const degrees = new Int32Array(nodes);
  yield* chunked(edges, (begin, end) => {
    for (let k = begin; k < end; k++) {
      links.add(from[k], to[k], weight[k]);
      links.add(to[k], from[k], weight[k]);
      degrees[from[k]] += 1;
      degrees[to[k]] += 1;
    }
  });
  const queue = new DegreeBuckets(degrees);
  const excess = Float64Array.from(ground);
  const done = new Uint8Array(nodes);
  const random = randomNumbers();
  const sums = new Float64Array(nodes);
  const around = new Int32Array(nodes);
  /** Of the neighbours that are being looked at, in the order of their weights: weights, and sums of the weights from each on. */
  const strengths = new Float64Array(nodes);
  const above = new Float64Array(nodes + 1);

  const order = new Int32Array(nodes);
  const diagonal = new Float64Array(nodes);
  const starts = new Int32Array(nodes + 1);
  let targets = new Int32Array(2 * edges);
  let shares = new Float64Array(2 * edges);

  let visited = 0;
  for (let step = 0; step < nodes; step++) {
    if (visited >= LINKS_AT_ONCE) {
      visited = 0;
      yield* pause();
    }
    const node = queue.take();
    done[node] = 1;
    const count = links.takeAll(node, done, sums, around);
    visited += count;
    sortBy(sums, around, count);
    const begin = starts[step];
    if (begin + count > targets.length) {
      targets = lengthened(targets, new Int32Array(2 * (begin + count)));
      shares = lengthened(shares, new Float64Array(2 * (begin + count)));
    }
    above[count] = 0;
    for (let k = count - 1; k >= 0; k--) {
      strengths[k] = sums[around[k]];
      sums[around[k]] = 0;
      above[k] = above[k + 1] + strengths[k];
    }
    const toGround = excess[node];
    const total = above[0] + toGround;
    order[step] = node;
    diagonal[step] = total > 0 ? total : Number.MIN_VALUE;
    starts[step + 1] = begin + count;
    for (let k = 0; k < count; k++) {
      targets[begin + k] = around[k];
      shares[begin + k] = strengths[k] / total;
      excess[around[k]] += (strengths[k] * toGround) / total;
      queue.remove(around[k]);
      degrees[around[k]] -= 1;
    }
    // What is left of the clique: a link of each neighbour, but the strongest, to one that is stronger.
    for (let k = 0; k < count - 1 && above[k + 1] > 0; k++) {
      const chosen = firstBelow(above, random() * above[k + 1], k + 1, count - 1);
      const [one, other] = [around[k], around[chosen]];
      const left = (strengths[k] * above[k + 1]) / total;
      links.add(one, other, left);
      links.add(other, one, left);
      degrees[one] += 1;
      degrees[other] += 1;
    }
    for (let k = 0; k < count; k++) queue.put(around[k]);
  }

  return (vector) => {
    for (let k = 0; k < nodes; k++) {
      const value = vector[order[k]];
      for (let at = starts[k]; at < starts[k + 1]; at++) vector[targets[at]] += shares[at] * value;
    }
    for (let k = nodes - 1; k >= 0; k--) {
      let value = vector[order[k]] / diagonal[k];
      for (let at = starts[k]; at < starts[k + 1]; at++) value += shares[at] * vector[targets[at]];
      vector[order[k]] = value;
    }
  };
}

/** The index between two for which sums[index] > value >= sums[index + 1], of sums that fall. */
function firstBelow(sums: Float64Array, value: number, from: number, to: number): number {
  let [least, most] = [from, to];
  while (least < most) {
    const middle = (least + most + 1) >> 1;
    if (sums[middle] > value) least = middle;
    else most = middle - 1;
  }
  return least;
}

/** Nodes up to which sorting by insertion is the quickest. */
const FEW = 24;

/** Sorts the first nodes of a list by their value, then by number. */
function sortBy(values: Float64Array, nodes: Int32Array, count: number): void {
  if (count > FEW) {
    nodes.subarray(0, count).sort((u, v) => values[u] - values[v] || u - v);
    return;
  }
  for (let k = 1; k < count; k++) {
    const node = nodes[k];
    const value = values[node];
    let at = k;
    for (; at > 0; at--) {
      const before = nodes[at - 1];
      if (values[before] < value || (values[before] === value && before < node)) break;
      nodes[at] = before;
    }
    nodes[at] = node;
  }
}
