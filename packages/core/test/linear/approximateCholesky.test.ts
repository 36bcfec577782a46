import { expect, test } from 'vitest';
import { approximateCholesky } from '../../src/linear/approximateCholesky.js';
import { runSync } from '../../src/tasks/drivers.js';
import { draws } from '../support/draws.js';

/** A graph's Laplacian with its links to the ground, times a vector. */
function multiplied(graph: Parameters<typeof approximateCholesky>[0], vector: ArrayLike<number>): Float64Array {
  const product = graph.ground.map((link, node) => link * vector[node]);
  for (let k = 0; k < graph.from.length; k++) {
    const [u, v, w] = [graph.from[k], graph.to[k], graph.weight[k]];
    product[u] += w * (vector[u] - vector[v]);
    product[v] += w * (vector[v] - vector[u]);
  }
  return product;
}

test('a tree is factorised exactly', () => {
  const nodes = 30;
  const from = Array.from({ length: nodes - 1 }, (_, k) => k + 1);
  const to = from.map((node) => Math.floor((node - 1) / 2));
  const weight = [...draws(nodes - 1, 1)].map((value) => Math.exp(3 * value));
  const graph = { nodes, from, to, weight, ground: new Float64Array(nodes).fill(0.01) };
  const wanted = Float64Array.from(draws(nodes, 2));
  const found = multiplied(graph, wanted);
  runSync(approximateCholesky(graph))(found);
  for (const [node, value] of wanted.entries()) expect(found[node]).toBeCloseTo(value, 9);
});

test('two clusters with a weak link between them are solved for in a few steps', () => {
  const size = 40;
  const [from, to, weight]: number[][] = [[], [], []];
  for (const base of [0, size]) {
    for (let u = 0; u < size; u++) {
      for (let v = u + 1; v < size; v++) {
        from.push(base + u);
        to.push(base + v);
        weight.push(1 / (1 + v - u));
      }
    }
  }
  from.push(0);
  to.push(size);
  weight.push(1e-6);
  const graph = { nodes: 2 * size, from, to, weight, ground: new Float64Array(2 * size).fill(1e-9) };
  const precondition = runSync(approximateCholesky(graph));
  const wanted = Float64Array.from({ length: 2 * size }, (_, node) => (node < size ? 1 : -1));
  const target = multiplied(graph, wanted);
  // Preconditioned Richardson iterations: as many as conjugate gradients take at most.
  const solution = new Float64Array(2 * size);
  for (let step = 0; step < 60; step++) {
    const residual = multiplied(graph, solution).map((value, node) => target[node] - value);
    precondition(residual);
    for (let node = 0; node < solution.length; node++) solution[node] += 0.5 * residual[node];
  }
  expect(solution[0] - solution[size]).toBeCloseTo(2, 3);
});

test('a factorisation can be interrupted between pieces of its work', () => {
  const nodes = 400;
  const [from, to]: number[][] = [[], []];
  for (let u = 0; u < nodes; u++) {
    for (let v = u + 1; v < nodes; v++) {
      from.push(u);
      to.push(v);
    }
  }
  const weight = draws(from.length, 1).map((value) => 1 + value);
  const factorising = approximateCholesky({ nodes, from, to, weight, ground: new Float64Array(nodes).fill(0.01) });
  let pauses = 0;
  while (!factorising.next().done) pauses += 1;
  // Two of the 79,800 edges, and one each time that 16,384 links were looked at.
  expect(pauses).toBeGreaterThan(4);
});
