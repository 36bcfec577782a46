import type { DeviceArray } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import { add, column, dot, mul, row, sub } from '../formula/expression.js';
import { read, type Task } from '../tasks/task.js';

/** One part of the state that is extrapolated: its weights in the scalar product, and its number of entries. */
export interface AndersonPart {
  /** [N, 1] or [B, N, 1], summing to 1: so that a point split in two counts as one. */
  readonly shares: DeviceArray;
  readonly count: number;
}

/** What a sweep made of a part of the state. */
export interface AndersonStep {
  /** The part after the sweep. */
  readonly output: DeviceArray;
  /** The part after the sweep minus before it. */
  readonly residual: DeviceArray;
}

/** Extrapolates a fixed-point iteration from its last few sweeps. */
export interface Anderson {
  /**
   * The state to try next: where a combination of the last sweeps has the smallest residual. The step's arrays belong
   * to the history from here on, which frees them when the next step comes.
   */
  extrapolate(steps: readonly AndersonStep[]): Task<DeviceArray[]>;
  /** Forgets the sweeps seen so far, and frees them. */
  restart(): void;
}

interface History {
  previous: AndersonStep;
  /** [N, memory]: differences of successive residuals, and of successive outputs. */
  residuals: DeviceArray;
  outputs: DeviceArray;
}

/** Against differences that are nearly parallel, relative to the trace of their Gram matrix. */
const REGULARISATION = 1e-10;

/**
 * Anderson acceleration with a memory of a few sweeps (Anderson 1965; type II, by normal equations), for every
 * element of a batch on its own. Histories stay on the device; `memory` numbers are read a step.
 */
export function anderson(space: Workspace, parts: readonly AndersonPart[], batch: number, memory: number): Anderson {
  let histories: History[] = [];
  let stored = 0;
  let gram = emptyGram(batch, memory);

  const restart = () => {
    for (const { previous, residuals, outputs } of histories) {
      space.release(previous.output, previous.residual, residuals, outputs);
    }
    histories = [];
    stored = 0;
    gram = emptyGram(batch, memory);
  };

  const start = (steps: readonly AndersonStep[]) => {
    histories = steps.map((previous, index) => {
      const shape = previous.output.shape;
      const zeros = new Float64Array((shape.length === 3 ? shape[0] : 1) * parts[index].count * memory);
      const historyShape = [...shape.slice(0, -1), memory];
      return {
        previous,
        residuals: space.upload(zeros, historyShape),
        outputs: space.upload(zeros, historyShape),
      };
    });
  };

  return {
    restart,
    *extrapolate(steps) {
      if (histories.length === 0) {
        start(steps);
        return steps.map(({ output }) => space.map(row('value'), { value: output }));
      }
      const slot = stored % memory;
      stored += 1;
      const mask = new Float64Array(memory);
      mask[slot] = 1;
      const scalars = { mask: space.upload(mask, [1, memory]) };
      const products: DeviceArray[][] = [];
      histories = histories.map((history, index) => {
        const now = steps[index];
        const next: History = {
          previous: now,
          residuals: replaceSlot(space, history.residuals, now.residual, history.previous.residual, scalars, memory),
          outputs: replaceSlot(space, history.outputs, now.output, history.previous.output, scalars, memory),
        };
        products.push(
          scalarProducts(space, next.residuals, now.residual, history.previous.residual, parts[index].shares, memory),
        );
        space.release(history.previous.output, history.previous.residual, history.residuals, history.outputs);
        return next;
      });
      space.release(scalars.mask);
      const [newRow, target] = yield* gather(space, products);
      gram.setRow(slot, newRow);
      const coefficients = gram.solve(Math.min(stored, memory), target);
      const shape = steps[0].output.shape.length === 3 ? [batch, 1, memory] : [1, memory];
      const uploaded = space.upload(coefficients, shape);
      const extrapolated = histories.map(({ previous, outputs }) =>
        space.map(
          sub(row('output'), dot(column('coefficients', memory), row('differences', memory))),
          { output: previous.output, differences: outputs },
          {},
          { coefficients: uploaded },
        ),
      );
      space.release(uploaded);
      return extrapolated;
    },
  };
}

function replaceSlot(
  space: Workspace,
  history: DeviceArray,
  now: DeviceArray,
  before: DeviceArray,
  scalars: { mask: DeviceArray },
  memory: number,
): DeviceArray {
  const mask = column('mask', memory);
  const old = row('history', memory);
  return space.map(
    add(sub(old, mul(mask, old)), mul(mask, sub(row('now'), row('before')))),
    { history, now, before },
    {},
    scalars,
  );
}

/** Of the newest difference, and of the residual itself, with every difference in the history. */
function scalarProducts(
  space: Workspace,
  residuals: DeviceArray,
  now: DeviceArray,
  before: DeviceArray,
  shares: DeviceArray,
  memory: number,
): DeviceArray[] {
  const history = column('history', memory);
  const weighted = mul(column('share'), history);
  return [
    space.total(mul(sub(column('now'), column('before')), weighted), {
      history: residuals,
      now,
      before,
      share: shares,
    }),
    space.total(mul(column('now'), weighted), { history: residuals, now, share: shares }),
  ];
}

/** Reads the scalar products of all parts and adds them up, part by part. */
function* gather(space: Workspace, products: readonly DeviceArray[][]): Task<Float64Array[]> {
  const sums: Float64Array[] = [];
  for (const arrays of products) {
    for (const [index, array] of arrays.entries()) {
      const values = yield* read(space.backend, array);
      sums[index] = sums[index] ? sums[index].map((value, k) => value + values[k]) : Float64Array.from(values);
      space.release(array);
    }
  }
  return sums;
}

/** The Gram matrices of the differences in the history, one for each element of the batch. */
function emptyGram(batch: number, memory: number) {
  const matrices = Array.from({ length: batch }, () => new Float64Array(memory * memory));
  return {
    setRow(slot: number, values: Float64Array): void {
      matrices.forEach((matrix, element) => {
        for (let k = 0; k < memory; k++) {
          matrix[slot * memory + k] = values[element * memory + k];
          matrix[k * memory + slot] = values[element * memory + k];
        }
      });
    },
    /** [B, memory]: the coefficients of the differences, 0 for slots that are empty. */
    solve(used: number, target: Float64Array): Float64Array {
      const coefficients = new Float64Array(batch * memory);
      matrices.forEach((matrix, element) => {
        const rows = Array.from({ length: used }, (_, i) => {
          const entries = Array.from(matrix.subarray(i * memory, i * memory + used));
          return [...entries, target[element * memory + i]];
        });
        coefficients.set(solveSymmetric(rows), element * memory);
      });
      return coefficients;
    },
  };
}

/** Gaussian elimination on [matrix | target], regularised; directions without extent get coefficient 0. */
function solveSymmetric(rows: number[][]): number[] {
  const size = rows.length;
  const trace = rows.reduce((total, entries, i) => total + entries[i], 0);
  rows.forEach((entries, i) => {
    entries[i] += REGULARISATION * trace;
  });
  for (let i = 0; i < size; i++) {
    if (!(rows[i][i] > 0)) continue;
    for (let k = i + 1; k < size; k++) {
      const factor = rows[k][i] / rows[i][i];
      for (let column = i; column <= size; column++) rows[k][column] -= factor * rows[i][column];
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    let rest = rows[i][size];
    for (let k = i + 1; k < size; k++) rest -= rows[i][k] * solution[k];
    solution[i] = rows[i][i] > 0 ? rest / rows[i][i] : 0;
  }
  return solution;
}
