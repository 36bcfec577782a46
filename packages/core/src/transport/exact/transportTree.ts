/** A flow of less than this part of all mass is 0 to rounding. */
const ROUNDING = 1e-16;

/** A spanning tree of supplies and demands: nodes 0 to N - 1 and N to N + M - 1, each but the root with the flow to or from its parent. */
export interface TransportTree {
  readonly parents: Int32Array;
  readonly flows: Float64Array;
  /** f at supplies and g at demands: f_i + g_j is the cost of each pair of the tree. */
  readonly potentials: Float64Array;
  /** Brings a pair into the tree, N x M counted row by row, and takes out the one that its cycle empties. */
  pivot(pair: number, cost: number): void;
  /** Computes potentials anew, from the root. */
  refresh(costs: Float64Array): void;
  /**
   * Computes flows anew, from the leaves, for the weights as they are.
   *
   * @returns how much mass rounding leaves over.
   */
  settle(supplies: Float64Array, demands: Float64Array): number;
}

/** A tree from the parents of nodes, of which the root has -1, with links that make it quick to change. */
export function transportTree(
  rows: number,
  columns: number,
  parents: Int32Array,
  flows: Float64Array,
  mass: number,
): TransportTree {
  const nodes = rows + columns;
  const [depths, firstChild] = [new Int32Array(nodes), new Int32Array(nodes).fill(-1)];
  const [nextSibling, lastSibling] = [new Int32Array(nodes).fill(-1), new Int32Array(nodes).fill(-1)];
  const potentials = new Float64Array(nodes);
  const stack = new Int32Array(nodes);
  const tiny = ROUNDING * mass;
  for (let node = 0; node < nodes; node++) if (parents[node] >= 0) attach(node, parents[node]);
  const root = parents.indexOf(-1);
  return { parents, flows, potentials, pivot, refresh, settle };

  function attach(node: number, parent: number): void {
    const first = firstChild[parent];
    parents[node] = parent;
    nextSibling[node] = first;
    lastSibling[node] = -1;
    if (first >= 0) lastSibling[first] = node;
    firstChild[parent] = node;
  }

  function detach(node: number): void {
    const [before, after] = [lastSibling[node], nextSibling[node]];
    if (before >= 0) nextSibling[before] = after;
    else firstChild[parents[node]] = after;
    if (after >= 0) lastSibling[after] = before;
  }

  /** Visits a node and all below it, parents first. */
  function below(node: number, visit: (node: number) => void): void {
    let size = 1;
    stack[0] = node;
    while (size > 0) {
      const here = stack[--size];
      visit(here);
      for (let child = firstChild[here]; child >= 0; child = nextSibling[child]) stack[size++] = child;
    }
  }

  function refresh(costs: Float64Array): void {
    below(root, (node) => {
      const parent = parents[node];
      if (parent < 0) return;
      depths[node] = depths[parent] + 1;
      const pair = node < rows ? node * columns + parent - rows : parent * columns + node - rows;
      potentials[node] = costs[pair] - potentials[parent];
    });
  }

  function settle(supplies: Float64Array, demands: Float64Array): number {
    const order = new Int32Array(nodes);
    let seen = 0;
    below(root, (node) => {
      order[seen++] = node;
    });
    const rest = new Float64Array(nodes);
    rest.set(supplies);
    rest.set(demands, rows);
    let lost = 0;
    for (let k = nodes - 1; k > 0; k--) {
      const node = order[k];
      flows[node] = Math.max(0, rest[node]);
      lost += flows[node] - rest[node];
      rest[parents[node]] -= flows[node];
    }
    return lost + Math.abs(rest[root]);
  }

  function pivot(pair: number, cost: number): void {
    const supply = Math.floor(pair / columns);
    const demand = rows + pair - supply * columns;
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
    const shift = cost - potentials[supply] - potentials[demand];
    hang(inside, outside, leaving, least);
    const isSupplySide = isAbove;
    below(inside, (node) => {
      potentials[node] += node < rows === isSupplySide ? shift : -shift;
      depths[node] = depths[parents[node]] + 1;
    });
  }

  function change(node: number, by: number): void {
    const flow = flows[node] + by;
    flows[node] = flow > tiny ? flow : 0;
  }

  /** Hangs what is below `top` to another node, by a node in it, which becomes its top. */
  function hang(node: number, parent: number, top: number, flow: number): void {
    let [here, to, carried] = [node, parent, flow];
    for (;;) {
      const [above, before] = [parents[here], flows[here]];
      detach(here);
      attach(here, to);
      flows[here] = carried;
      if (here === top) return;
      [to, here, carried] = [here, above, before];
    }
  }
}
