/** A flow of less than this part of all mass is 0 to rounding. */
const ROUNDING = 1e-16;

/** A spanning tree of supplies and demands: nodes 0 to N - 1 and N to N + M - 1, each but the root with the flow to or from its parent. */
export interface TransportTree {
  readonly parents: Int32Array;
  readonly flows: Float64Array;
  /**
   * The potential of a node, f at supplies and g at demands, is `bases[node] - lifts[anchors[node]]`: f_i + g_j is the cost of each pair of
   * the tree. A leaf has the cost of its pair as base and its parent as anchor, so that it moves along with it; other nodes have their
   * potential as base, and an anchor whose lift is 0.
   */
  readonly bases: Float64Array;
  readonly anchors: Int32Array;
  readonly lifts: Float64Array;
  /** Brings a pair into the tree, N x M counted row by row, and takes out the one that its cycle empties. */
  pivot(pair: number): void;
  /** Computes potentials anew, from the root. */
  refresh(): void;
  /** The potentials of all nodes. */
  potentials(): Float64Array;
  /**
   * Computes flows anew, from the leaves, for the weights as they are.
   *
   * @returns how much mass rounding leaves over.
   */
  settle(supplies: Float64Array, demands: Float64Array): number;
}

/**
 * A tree from the parents of nodes, of which the root has -1, with links between the nodes that are no leaves. Between few points and many
 * nearly all nodes are leaves: a pivot that moves a part of the tree does not visit them.
 *
 * @param costs - [N, M], row by row.
 */
export function transportTree(
  columns: number,
  parents: Int32Array,
  flows: Float64Array,
  costs: Float64Array,
  mass: number,
): TransportTree {
  const nodes = parents.length;
  const rows = nodes - columns;
  /** How many nodes hang on each. */
  const branches = new Int32Array(nodes);
  const [depths, firstChild] = [new Int32Array(nodes), new Int32Array(nodes).fill(-1)];
  const [nextSibling, lastSibling] = [new Int32Array(nodes).fill(-1), new Int32Array(nodes).fill(-1)];
  const [bases, lifts, anchors] = [new Float64Array(nodes), new Float64Array(nodes + 1), new Int32Array(nodes)];
  const stack = new Int32Array(nodes);
  const tiny = ROUNDING * mass;
  const root = parents.indexOf(-1);
  for (let node = 0; node < nodes; node++) if (node !== root) branches[parents[node]]++;
  for (let node = 0; node < nodes; node++) {
    if (isLeaf(node)) stand(node);
    else if (node === root) anchors[node] = nodes;
    else link(node);
  }
  return { parents, flows, bases, anchors, lifts, pivot, refresh, potentials, settle };

  function isLeaf(node: number): boolean {
    return branches[node] === 0 && node !== root;
  }

  function potentialOf(node: number): number {
    return bases[node] - lifts[anchors[node]];
  }

  function costOf(node: number, parent: number): number {
    return costs[node < rows ? node * columns + parent - rows : parent * columns + node - rows];
  }

  /** Makes a node a leaf of its parent. */
  function stand(node: number): void {
    bases[node] = costOf(node, parents[node]);
    anchors[node] = parents[node];
  }

  /** Makes a node one of those that have a potential of their own. */
  function lift(node: number): void {
    bases[node] = lifts[node] = potentialOf(node);
    depths[node] = depths[parents[node]] + 1;
    anchors[node] = nodes;
    link(node);
  }

  /** Puts a node, which is no leaf, among the children of its parent. */
  function link(node: number): void {
    const parent = parents[node];
    const first = firstChild[parent];
    anchors[node] = nodes;
    nextSibling[node] = first;
    lastSibling[node] = -1;
    if (first >= 0) lastSibling[first] = node;
    firstChild[parent] = node;
  }

  function unlink(node: number): void {
    const [before, after] = [lastSibling[node], nextSibling[node]];
    if (before >= 0) nextSibling[before] = after;
    else firstChild[parents[node]] = after;
    if (after >= 0) lastSibling[after] = before;
  }

  /** Visits a node that is no leaf and all such nodes below it, parents first. */
  function below(node: number, visit: (node: number) => void): void {
    let size = 1;
    stack[0] = node;
    while (size > 0) {
      const here = stack[--size];
      visit(here);
      for (let child = firstChild[here]; child >= 0; child = nextSibling[child]) stack[size++] = child;
    }
  }

  function refresh(): void {
    below(root, (node) => {
      const parent = parents[node];
      if (parent < 0) return;
      depths[node] = depths[parent] + 1;
      bases[node] = lifts[node] = costOf(node, parent) - lifts[parent];
    });
  }

  function potentials(): Float64Array {
    const all = new Float64Array(nodes);
    for (let node = 0; node < nodes; node++) all[node] = potentialOf(node);
    return all;
  }

  function settle(supplies: Float64Array, demands: Float64Array): number {
    const rest = new Float64Array(nodes);
    rest.set(supplies);
    rest.set(demands, rows);
    let lost = 0;
    const send = (node: number): void => {
      flows[node] = Math.max(0, rest[node]);
      lost += flows[node] - rest[node];
      rest[parents[node]] -= flows[node];
    };
    for (let node = 0; node < nodes; node++) if (isLeaf(node)) send(node);
    const order: number[] = [];
    below(root, (node) => order.push(node));
    for (let k = order.length - 1; k > 0; k--) send(order[k]);
    return lost + Math.abs(rest[root]);
  }

  function pivot(pair: number): void {
    const supply = Math.floor(pair / columns);
    const demand = rows + pair - supply * columns;
    for (const end of [supply, demand]) if (isLeaf(end)) depths[end] = depths[parents[end]] + 1;
    // The cycle goes from the node where both paths meet down to the supply, over the new pair, and up from the demand. Of the pairs that
    // it empties first the last one on this way leaves: so the tree stays strongly feasible.
    let [leaving, least, isAbove] = [-1, Number.POSITIVE_INFINITY, true];
    let [one, other] = [supply, demand];
    while (one !== other) {
      if (depths[one] >= depths[other]) {
        if (one < rows && flows[one] < least) [leaving, least, isAbove] = [one, flows[one], true];
        one = parents[one];
      } else {
        other = parents[other];
      }
    }
    for (let node = demand; node !== one; node = parents[node]) {
      if (node >= rows && flows[node] <= least) [leaving, least, isAbove] = [node, flows[node], false];
    }
    if (least > 0) {
      for (let node = supply; node !== one; node = parents[node]) change(node, node < rows ? -least : least);
      for (let node = demand; node !== one; node = parents[node]) change(node, node < rows ? least : -least);
    }
    const [inside, outside] = isAbove ? [supply, demand] : [demand, supply];
    const shift = costs[pair] - potentialOf(supply) - potentialOf(demand);
    const left = parents[leaving];
    if (isLeaf(outside)) lift(outside);
    branches[outside]++;
    branches[left]--;
    if (inside === leaving) {
      move(inside, outside, least);
    } else {
      if (isLeaf(inside)) lift(inside);
      branches[inside]++;
      branches[leaving]--;
      hang(inside, outside, leaving, least);
      if (isLeaf(leaving)) {
        unlink(leaving);
        stand(leaving);
      }
    }
    if (isLeaf(left)) {
      unlink(left);
      stand(left);
    }
    if (isLeaf(inside)) return;
    const isSupplySide = isAbove;
    below(inside, (node) => {
      lifts[node] += node < rows === isSupplySide ? shift : -shift;
      bases[node] = lifts[node];
      depths[node] = depths[parents[node]] + 1;
    });
  }

  function change(node: number, by: number): void {
    const flow = flows[node] + by;
    flows[node] = flow > tiny ? flow : 0;
  }

  /** Hangs a node with all below it to another one. */
  function move(node: number, parent: number, flow: number): void {
    const leaf = isLeaf(node);
    if (!leaf) unlink(node);
    parents[node] = parent;
    if (leaf) stand(node);
    else link(node);
    flows[node] = flow;
  }

  /** Hangs what is below `top` to another node, by a node in it, which becomes its top; of these nodes none is a leaf. */
  function hang(node: number, parent: number, top: number, flow: number): void {
    let [here, to, carried] = [node, parent, flow];
    for (;;) {
      const [above, before] = [parents[here], flows[here]];
      unlink(here);
      parents[here] = to;
      link(here);
      flows[here] = carried;
      if (here === top) return;
      [to, here, carried] = [here, above, before];
    }
  }
}
