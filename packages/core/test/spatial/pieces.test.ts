import { describe, expect, test } from 'vitest';
import { distanceAdmissibility } from '../../src/geometry/truncated/distanceAdmissibility.js';
import { squaredDistanceAdmissibility } from '../../src/geometry/truncated/squaredDistanceAdmissibility.js';
import { type Cells, coarserCells, finestCells } from '../../src/spatial/cells.js';
import { makeCoreset } from '../../src/spatial/coreset.js';
import { traverseDualTree } from '../../src/spatial/dualTreeTraversal.js';
import { makeEvaluationNodes } from '../../src/spatial/evaluationNodes.js';
import { fieldsAtPoints } from '../../src/spatial/fieldsAtPoints.js';
import { sharedCell } from '../../src/spatial/mortonOrder.js';
import { transposed, truncate, united } from '../../src/spatial/pattern.js';
import { prolong } from '../../src/spatial/prolong.js';
import { restrict } from '../../src/spatial/restrict.js';
import { rowRanges } from '../../src/spatial/rowRanges.js';
import { type SortedCloud, sortCloud, unsorted } from '../../src/spatial/sortedCloud.js';
import { makeTree } from '../../src/spatial/tree.js';
import { pause } from '../../src/tasks/task.js';
import { draws } from '../support/draws.js';
import { finish } from '../support/finish.js';

function cloudOf(count: number, dimension: number, width: number, seed = 1): SortedCloud {
  const weights = draws(count, seed + 50).map((weight) => weight + 0.1);
  return finish(sortCloud(draws(count * dimension, seed), weights, dimension, width));
}

describe.each([1, 2, 3])('in %i dimensions', (dimension) => {
  const width = [0.01, 0.05, 0.11][dimension - 1];
  const cloud = cloudOf(3000, dimension, width);
  const cells = finish(finestCells(cloud, 0));

  test('cells hold neighbours in the order, and each point once', () => {
    const same = sharedCell(cloud, 0);
    expect(Array.from(cloud.order).sort((a, b) => a - b)).toEqual(Array.from({ length: 3000 }, (_, k) => k));
    for (let cell = 0; cell < cells.count; cell++) {
      const [start, end] = [cells.starts[cell], cells.starts[cell + 1]];
      expect(same(start, end - 1)).toBe(true);
      if (end < cloud.count) expect(same(start, end)).toBe(false);
      for (let c = 0; c < dimension; c++) {
        const along = Array.from({ length: end - start }, (_, k) => cloud.points[(start + k) * dimension + c]);
        expect(Math.max(...along) - Math.min(...along)).toBeLessThanOrEqual(width);
      }
    }
  });

  test('moments of coarser cells are those of their points', () => {
    const byMerging = finish(coarserCells(cloud, 2, finish(coarserCells(cloud, 1, cells))));
    const direct = finish(finestCells(cloud, 2));
    expect(Array.from(byMerging.starts)).toEqual(Array.from(direct.starts));
    for (const name of ['masses', 'means', 'covariances'] as const) closeTo(byMerging[name], direct[name], 1e-10);
  });

  test.each([0, 2])('a coreset has the mass, mean and covariance of each cell of level %i', (level) => {
    const of: Cells = level === 0 ? cells : finish(finestCells(cloud, level));
    const coreset = finish(makeCoreset(cloud, of, false));
    expect(coreset.count).toBeLessThan(3000);
    for (let cell = 0; cell < of.count; cell++) {
      let mass = 0;
      const mean = new Float64Array(dimension);
      const second = new Float64Array(dimension * dimension);
      for (let entry = coreset.firsts[cell]; entry < coreset.firsts[cell + 1]; entry++) {
        mass += coreset.weights[entry];
        for (let c = 0; c < dimension; c++) mean[c] += coreset.weights[entry] * coreset.points[entry * dimension + c];
      }
      for (let entry = coreset.firsts[cell]; entry < coreset.firsts[cell + 1]; entry++) {
        for (let a = 0; a < dimension; a++) {
          for (let b = 0; b < dimension; b++) {
            second[a * dimension + b] +=
              coreset.weights[entry] *
              (coreset.points[entry * dimension + a] - mean[a] / mass) *
              (coreset.points[entry * dimension + b] - mean[b] / mass);
          }
        }
      }
      closeTo([mass], [of.masses[cell]], 1e-12);
      closeTo(
        mean.map((value) => value / mass),
        of.means.subarray(cell * dimension, (cell + 1) * dimension),
        1e-12,
      );
      closeTo(
        second.map((value) => value / mass),
        of.covariances.subarray(cell * dimension ** 2, (cell + 1) * dimension ** 2),
        1e-9,
      );
    }
  });

  /** A quadratic function with its gradient. */
  const quadratic = (points: Float64Array) => {
    const values = new Float64Array(points.length / dimension);
    const gradients = new Float64Array(points.length);
    for (let k = 0; k < values.length; k++) {
      const at = points.subarray(k * dimension, (k + 1) * dimension);
      const sum = at.reduce((total, value) => total + value, 0);
      values[k] = 1 - 2 * at[0] + 3 * at[0] ** 2 + sum ** 2;
      for (let c = 0; c < dimension; c++) gradients[k * dimension + c] = 2 * sum + (c === 0 ? 6 * at[0] - 2 : 0);
    }
    return { values, gradients };
  };

  test('a field is carried to a finer coreset exactly where it is quadratic', () => {
    const coarse = finish(makeCoreset(cloud, finish(finestCells(cloud, 2)), false));
    const fine = finish(makeCoreset(cloud, cells, false));
    const { values, gradients } = finish(prolong(dimension, coarse, fine, quadratic(coarse.points)));
    const truth = quadratic(fine.points);
    closeTo(values, truth.values, 1e-9);
    closeTo(gradients ?? [], truth.gradients, 1e-9);
  });

  test('a linear function of all points is found on a coreset', () => {
    const coreset = finish(makeCoreset(cloud, finish(finestCells(cloud, 1)), false));
    const linear = (points: Float64Array) =>
      Float64Array.from({ length: points.length / dimension }, (_, k) => {
        return 2 - 3 * points[k * dimension] + points[k * dimension + dimension - 1];
      });
    closeTo(
      finish(restrict(dimension, cloud.points, cloud.weights, coreset, linear(cloud.points))),
      linear(coreset.points),
      1e-10,
    );
  });

  test('a field at evaluation nodes is known at all points, exactly where it is cubic', () => {
    const wide = finish(sortCloud(draws(3000 * dimension, 4), draws(3000, 5), dimension, 0.4));
    const nodes = finish(makeEvaluationNodes(wide, finish(finestCells(wide, 1)), 1, false));
    expect(nodes.count).toBeLessThan(1000);
    const cubic = (points: Float64Array) => {
      const { values, gradients } = quadratic(points);
      for (let k = 0; k < values.length; k++) {
        const [first, last] = [points[k * dimension], points[k * dimension + dimension - 1]];
        values[k] += first ** 2 * last;
        gradients[k * dimension] += 2 * first * last;
        gradients[k * dimension + dimension - 1] += first ** 2;
      }
      return { values, gradients };
    };
    const atPoints = fieldsAtPoints(wide, nodes, {
      fields: [cubic(nodes.points)],
      level: 1,
      tolerance: 1e-6,
      withGradients: true,
      evaluate: () => {
        throw new Error('a box of a cubic function is refined');
      },
    });
    const [{ values, gradients }] = finish(atPoints);
    const truth = cubic(wide.points);
    closeTo(values, truth.values, 1e-11);
    closeTo(gradients ?? [], truth.gradients, 1e-10);
  });

  test('boxes share their corners, and are halved where these do not tell what is inside', () => {
    const dense = finish(sortCloud(draws(9000 * dimension, 6), draws(9000, 7), dimension, 0.125, 2));
    const nodes = finish(makeEvaluationNodes(dense, finish(finestCells(dense, 1)), 1, false));
    expect(nodes.boxes.every((box) => box >= 0)).toBe(true);
    expect(nodes.count).toBe(5 ** dimension + 4 ** dimension);
    // A bend along the first axis, which is sharp near .55.
    const bent = (points: Float64Array) => {
      const values = new Float64Array(points.length / dimension);
      const gradients = new Float64Array(points.length);
      for (let k = 0; k < values.length; k++) {
        const t = (points[k * dimension] - 0.55) / 0.15;
        values[k] = 0.15 * Math.log(Math.cosh(t));
        gradients[k * dimension] = Math.tanh(t);
      }
      return { values, gradients };
    };
    const rounds: number[] = [];
    const atPoints = fieldsAtPoints(dense, nodes, {
      fields: [bent(nodes.points)],
      level: 1,
      tolerance: 0.01,
      withGradients: true,
      *evaluate(entries) {
        yield* pause();
        rounds.push(entries.count);
        return [bent(entries.points)];
      },
    });
    const [{ values, gradients }] = finish(atPoints);
    const truth = bent(dense.points);
    closeTo(values, truth.values, 3e-3);
    closeTo(gradients ?? [], truth.gradients, 0.05);
    expect(rounds.length).toBeGreaterThan(0);
    expect(rounds.length).toBeLessThanOrEqual(3);
    expect(rounds.reduce((total, count) => total + count, 0)).toBeLessThan(9000);
  });

  test('what a descent leaves out of softmins is about what it says', () => {
    const coreset = finish(makeCoreset(cloud, cells, false));
    const tree = finish(makeTree(cloud, coreset, 0, 16));
    const epsilon = width ** 2;
    // Mass is sent far away, by a shift and a stretch.
    const potential = Float64Array.from({ length: coreset.count }, (_, k) => {
      const y = coreset.points[k * dimension];
      return -0.7 * y - 0.4 * y ** 2;
    });
    const rows = cloudOf(500, dimension, width, 9);
    const rowEntries = finish(makeCoreset(rows, finish(finestCells(rows, 0)), false));
    for (let k = 0; k < rowEntries.count; k++) rowEntries.points[k * dimension] += 1;
    const rowTree = finish(makeTree(rows, rowEntries, 0, 16));
    const admissible = finish(squaredDistanceAdmissibility(rowTree, tree, coreset, potential, epsilon, 1e-4));
    const { blocks, truncatedMass } = finish(truncate(rowTree, tree, admissible));
    const pairs = blocks.columnBlocks.length / (blocks.offsets.length - 1) / (tree.leafStarts.length - 1);
    expect(pairs).toBeLessThan(0.7);
    let dropped = 0;
    let mass = 0;
    for (let leaf = 0; leaf + 1 < blocks.rowStarts.length; leaf++) {
      const listed = new Set(blocks.columnBlocks.subarray(blocks.offsets[leaf], blocks.offsets[leaf + 1]));
      for (let i = blocks.rowStarts[leaf]; i < blocks.rowStarts[leaf + 1]; i++) {
        const scores = Array.from({ length: coreset.count }, (_, j) => {
          let cost = 0;
          for (let c = 0; c < dimension; c++) {
            cost += (rowEntries.points[i * dimension + c] - coreset.points[j * dimension + c]) ** 2 / 2;
          }
          return (potential[j] - cost) / epsilon;
        });
        const highest = Math.max(...scores);
        const weights = scores.map((score, j) => coreset.weights[j] * Math.exp(score - highest));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let block = 0; block + 1 < tree.leafStarts.length; block++) {
          if (listed.has(block)) continue;
          for (let j = tree.leafStarts[block]; j < tree.leafStarts[block + 1]; j++) {
            dropped += (rowEntries.weights[i] * weights[j]) / total;
          }
        }
        mass += rowEntries.weights[i];
      }
    }
    expect(dropped / mass).toBeLessThan(5e-4);
    expect(truncatedMass).toBeLessThan(5e-3);
    // Shares of less than exp(-30) are not counted.
    expect(dropped / mass).toBeLessThanOrEqual(2 * truncatedMass + 1e-12);
  });
});

test('leaves are filled with halves and quarters of cells', () => {
  const cloud = cloudOf(4096, 3, 0.05);
  const { starts, ends, childCounts, leafStarts } = finish(
    makeTree(cloud, finish(makeCoreset(cloud, finish(finestCells(cloud, 0)), true)), 0, 16),
  );
  for (const [node, children] of childCounts.entries())
    if (children === 0) expect(ends[node] - starts[node]).toBeLessThanOrEqual(16);
  // Cells alone hold 8 each, on average.
  expect(4096 / (leafStarts.length - 1)).toBeGreaterThan(10);
});

test('a descent visits every leaf of the rows, in order', () => {
  const cloud = cloudOf(5000, 3, 0.05);
  const coreset = finish(makeCoreset(cloud, finish(finestCells(cloud, 0)), false));
  const tree = finish(makeTree(cloud, coreset, 0, 32));
  const admissible = finish(
    squaredDistanceAdmissibility(tree, tree, coreset, new Float64Array(coreset.count), 0.01, 1e-4),
  );
  const leaves: number[] = [];
  finish(traverseDualTree(tree, tree, admissible, (leaf, _, count) => leaves.push(count > 0 ? leaf : -1)));
  expect(leaves).toEqual(Array.from({ length: tree.leafStarts.length - 1 }, (_, leaf) => leaf));
});

test.each([
  // Where the outlier is, both clusters contribute the same; they are 500 temperatures and 50 apart where the others are.
  {
    name: 'squaredDistanceAdmissibility',
    make: squaredDistanceAdmissibility,
    potential: 45,
    slope: 9.5,
    epsilon: 0.01,
  },
  { name: 'distanceAdmissibility', make: distanceAdmissibility, potential: 9, slope: 1, epsilon: 0.02 },
])('$name keeps what counts for one point of a leaf alone', ({ make, potential, slope, epsilon }) => {
  const lined = (points: number[]) => {
    const weights = new Float64Array(points.length).fill(1 / points.length);
    const cloud = finish(sortCloud(Float64Array.from(points), weights, 1, 1e-3));
    const coreset = finish(makeCoreset(cloud, finish(finestCells(cloud, 0)), true));
    return { coreset, tree: finish(makeTree(cloud, coreset, 0, 32)) };
  };
  const near = Array.from({ length: 20 }, (_, k) => 1e-3 * k);
  const rows = lined([...near, 0.5]);
  const columns = lined([...near, ...near.map((at) => 10 + at), ...near.map((at) => 30 + at)]);
  const potentials = Float64Array.from(columns.coreset.points, (y) =>
    y > 5 && y < 20 ? potential + slope * (y - 10) : 0,
  );
  const admissible = finish(make(rows.tree, columns.tree, columns.coreset, potentials, epsilon, 1e-3));
  const { blocks } = finish(truncate(rows.tree, columns.tree, admissible));
  const kept = new Set(blocks.columnBlocks);
  const keepsAt = (low: number, high: number) =>
    Array.from({ length: columns.tree.leafStarts.length - 1 }, (_, leaf) => leaf).some((leaf) => {
      const y = columns.coreset.points[columns.tree.leafStarts[leaf]];
      return y >= low && y < high && kept.has(leaf);
    });
  expect([keepsAt(0, 5), keepsAt(5, 20), keepsAt(20, 40)]).toEqual([true, true, false]);
});

test('patterns are exchanged and united pair by pair', () => {
  const starts = (count: number) => Uint32Array.from({ length: count + 1 }, (_, k) => 2 * k);
  const one = {
    rowStarts: starts(2),
    columnStarts: starts(3),
    offsets: Uint32Array.of(0, 2, 3),
    columnBlocks: Uint32Array.of(0, 2, 1),
  };
  const turned = transposed(one);
  expect(Array.from(turned.offsets)).toEqual([0, 1, 2, 3]);
  expect(Array.from(turned.columnBlocks)).toEqual([0, 1, 0]);
  expect(transposed(turned)).toEqual(one);
  const two = { ...one, offsets: Uint32Array.of(0, 1, 3), columnBlocks: Uint32Array.of(1, 1, 2) };
  const both = united(one, two);
  expect(Array.from(both.offsets)).toEqual([0, 3, 5]);
  expect(Array.from(both.columnBlocks)).toEqual([0, 1, 2, 1, 2]);
});

test('rows are dispatched in ranges, in which blocks begin at the first row of the range', () => {
  const columnStarts = Uint32Array.of(0, 4);
  const ranges = rowRanges(Uint32Array.of(0, 2, 5, 9), columnStarts, (range) => range);
  // As many blocks of columns as one dispatch takes.
  ranges.add(new Uint32Array(2 ** 20), 2 ** 20);
  ranges.add([0], 1);
  ranges.add([], 0);
  const [first, second, ...more] = ranges.finish();
  expect([first.from, first.to, first.blocks.columnBlocks.length, more.length]).toEqual([0, 2, 2 ** 20, 0]);
  expect(second).toEqual({
    from: 2,
    to: 9,
    blocks: {
      rowStarts: Uint32Array.of(0, 3, 7),
      columnStarts,
      offsets: Uint32Array.of(0, 1, 1),
      columnBlocks: Uint32Array.of(0),
    },
  });
});

test('clouds over 30 doublings are sorted into their cells', () => {
  const width = 2 ** -30;
  const points = Float64Array.of(0, 0, width / 2, 0, 1.5 * width, 0, 1, 1, 1 + width / 2, 1);
  const cloud = finish(sortCloud(points, new Float64Array(5).fill(0.2), 2, width));
  expect(cloud.width).toBe(width);
  const cells = finish(finestCells(cloud, 0));
  expect(cells.count).toBe(3);
  const back = new Float64Array(10);
  finish(unsorted(cloud, cloud.points, 2, back));
  expect(back).toEqual(points);
});

function closeTo(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  let worst = 0;
  for (let k = 0; k < found.length; k++) worst = Math.max(worst, Math.abs(found[k] - expected[k]));
  expect(worst).toBeLessThanOrEqual(tolerance);
}
