import {
  type CheckedMeasure,
  type HostGradient,
  type HostGradients,
  InvalidMeasureError,
  InvalidOptionError,
  type MeasurePair,
  type Side,
  type Task,
} from '@sinkhorn/core';
import { addUp, worst } from './combine.js';
import type { Engine, Solved } from './engine.js';
import type { Loss } from './loss.js';
import { engineOf, makeLoss, plainSolution } from './makeLoss.js';

interface PerFeatureSolved extends Solved {
  readonly parts: readonly Solved[];
}

/**
 * The sum of a loss over features, as a loss: the clouds are compared in one coordinate, or one group of coordinates,
 * at a time, so that no feature drowns another.
 *
 * @param columns - Each entry a column's index, or a list of them that go together; counted from 0.
 * @throws InvalidOptionError when an index is no whole number, or the list is empty; InvalidMeasureError when a cloud
 * has no such column.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { perFeature, sinkhornDivergence } from '@sinkhorn/losses';
 *
 * const loss = perFeature(sinkhornDivergence({ backend: cpu(), p: 1 }), [0, [1, 2]]);
 * if ((await loss.value([[1, 0, 0]], [[0, 3, 4]])) !== 6) throw new Error('unexpected');
 * ```
 */
export function perFeature(loss: Loss, columns: readonly (number | readonly number[])[]): Loss {
  const inner = engineOf(loss, 'loss');
  if (!Array.isArray(columns) || columns.length === 0) {
    throw new InvalidOptionError('columns is empty: give the columns to compare, such as [0, 1, [2, 3]]');
  }
  const groups = columns.map((entry, index): readonly number[] => {
    const group = typeof entry === 'number' ? [entry] : [...entry];
    if (group.length === 0 || group.some((column) => !Number.isInteger(column) || column < 0)) {
      throw new InvalidOptionError(`columns[${index}] is ${JSON.stringify(entry)}: give whole numbers, counted from 0`);
    }
    return group;
  });
  const ones = groups.map(() => 1);
  const engine: Engine<readonly unknown[], PerFeatureSolved> = {
    name: `perFeature(${inner.name})`,
    *prepare(y) {
      const known: unknown[] = [];
      for (const group of groups) known.push(yield* inner.prepare(select(y, group)));
      return known;
    },
    *solve(pair, wanted, { known, start }) {
      const parts: Solved[] = [];
      for (const [index, group] of groups.entries()) {
        const selected = { x: select(pair.x, group), y: select(pair.y, group) };
        parts.push(yield* inner.solve(selected, wanted, { known: known?.[index], start: start?.parts[index] }));
      }
      return {
        parts,
        values: addUp(
          parts.map(({ values }) => values),
          ones,
        ),
        gradients: scatter(
          pair,
          groups,
          parts.map(({ gradients }) => gradients),
        ),
        diagnostics: worst(parts.map(({ diagnostics }) => diagnostics)),
        *gradientsOf(missing): Task<HostGradients> {
          const gradients: HostGradients[] = [];
          for (const part of parts) gradients.push(yield* part.gradientsOf(missing));
          return scatter(pair, groups, gradients);
        },
      };
    },
  };
  return makeLoss(engine, plainSolution);
}

/** A measure with some of its columns. */
function select(measure: CheckedMeasure, group: readonly number[]): CheckedMeasure {
  const { name, points, dimension } = measure;
  const missing = group.find((column) => column >= dimension);
  if (missing !== undefined) {
    throw new InvalidMeasureError(`${name} has ${dimension} columns, but columns names ${missing}: count from 0`);
  }
  const rows = points.length / dimension;
  const selected =
    points instanceof Float32Array ? new Float32Array(rows * group.length) : new Float64Array(rows * group.length);
  for (let row = 0; row < rows; row++) {
    group.forEach((column, k) => {
      selected[row * group.length + k] = points[row * dimension + column];
    });
  }
  return { ...measure, points: selected, dimension: group.length };
}

/** Adds up gradients over features, each in the columns it belongs to. */
function scatter(
  pair: MeasurePair,
  groups: readonly (readonly number[])[],
  gradients: readonly HostGradients[],
): HostGradients {
  const total: { [S in Side]?: HostGradient } = {};
  for (const side of ['x', 'y'] as const) {
    const { batch, count, dimension } = pair[side];
    if (!gradients[0][side]) continue;
    const points = new Float64Array(batch * count * dimension);
    const weights = new Float64Array(batch * count);
    groups.forEach((group, index) => {
      const part = gradients[index][side];
      part?.weights.forEach((value, row) => {
        weights[row] += value;
        group.forEach((column, k) => {
          points[row * dimension + column] += part.points[row * group.length + k];
        });
      });
    });
    total[side] = { points, weights };
  }
  return total;
}
