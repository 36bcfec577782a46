import type { DeviceArray } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import { add, column, constant, dot, type Expression, mul, parameter, row, sub } from '../formula/expression.js';

/** One part of the state that is extrapolated. */
export interface AndersonPart {
  /** Its weights in the scalar product, [N, 1] or [B, N, 1], summing to 1: so that a point split in two counts as one. */
  readonly normalizedWeights: DeviceArray;
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
   * Takes a sweep into the history, and gives the scalar products that `extrapolate` wants to know: that or `restart` comes next. The
   * step's arrays stay the caller's until then.
   */
  prepare(steps: readonly AndersonStep[]): readonly DeviceArray[];
  /**
   * The state to try next: where a combination of the last sweeps has the smallest residual. The prepared step's arrays belong
   * to the history from here on, which frees them when the next step comes.
   *
   * @param products the numbers of the arrays that `prepare` gave
   */
  extrapolate(products: readonly ArrayLike<number>[]): DeviceArray[];
  /** How many differences of sweeps an extrapolation goes by. */
  differences(): number;
  /** Forgets the sweeps seen so far, and frees them; of one that was prepared, what it added. */
  restart(): void;
}

interface History {
  readonly previous: AndersonStep;
  /** [N, memory]: differences of successive residuals, and of successive outputs; absent after the first step. */
  readonly residuals?: DeviceArray;
  readonly outputs?: DeviceArray;
}

/** What a step will make of the history. */
interface Prepared {
  readonly histories: readonly History[];
  readonly products: readonly DeviceArray[];
}

/**
 * Relative to the trace of the differences' Gram matrix, against differences that are nearly parallel. Raising it makes steps more
 * cautious; lowering it lets roundings of float32 through. Chosen, not measured by itself.
 */
const REGULARISATION = 1e-10;

/**
 * Anderson acceleration with a memory of a few sweeps (Anderson 1965; type II, by normal equations), for every
 * element of a batch on its own. Histories stay on the device; `memory` numbers are read a step.
 */
export function anderson(space: Workspace, parts: readonly AndersonPart[], batch: number, memory: number): Anderson {
  const formulas = formulasFor(memory);
  let histories: readonly History[] = [];
  let prepared: Prepared | undefined;
  let stored = 0;
  let gram = emptyGram(batch, memory);

  const restart = () => {
    for (const { residuals, outputs } of prepared?.histories ?? []) space.release(residuals, outputs);
    space.release(...(prepared?.products ?? []));
    for (const { previous, residuals, outputs } of histories) {
      space.release(previous.output, previous.residual, residuals, outputs);
    }
    prepared = undefined;
    histories = [];
    stored = 0;
    gram = emptyGram(batch, memory);
  };

  return {
    restart,
    differences: () => stored,
    prepare(steps) {
      if (histories.length === 0) {
        prepared = { histories: steps.map((previous) => ({ previous })), products: [] };
        return [];
      }
      const slots = parametersOf('slot', formulas.unit(stored % memory));
      // What is replaced is freed one by one: a second history is as much memory as all else that a solve keeps.
      const replaced = (history: DeviceArray | undefined, now: DeviceArray, before: DeviceArray) => {
        const next = history
          ? space.map(formulas.replaced, { history, now, before }, slots)
          : space.map(formulas.first, { now, before }, slots);
        space.release(history);
        return next;
      };
      const next = histories.map(({ previous, residuals, outputs }, index) => {
        const { output, residual } = steps[index];
        return {
          previous: steps[index],
          residuals: replaced(residuals, residual, previous.residual),
          outputs: replaced(outputs, output, previous.output),
        };
      });
      const products = next.flatMap(({ residuals, previous: { residual } }, index) => {
        const columns = { history: residuals, now: residual, share: parts[index].normalizedWeights };
        const before = histories[index].previous.residual;
        return [space.total(formulas.newRow, { ...columns, before }), space.total(formulas.target, columns)];
      });
      prepared = { histories: next, products };
      return products;
    },
    extrapolate(products) {
      if (!prepared) throw new Error('an extrapolation that was not prepared');
      for (const { previous, residuals, outputs } of histories) {
        space.release(previous.output, previous.residual, residuals, outputs);
      }
      space.release(...prepared.products);
      const isFirst = histories.length === 0;
      histories = prepared.histories;
      prepared = undefined;
      if (isFirst) return histories.map(({ previous }) => space.map(row('value'), { value: previous.output }));
      // Of all parts, which are one vector.
      const sum = (which: number): Float64Array =>
        Float64Array.from({ length: batch * memory }, (_, k) =>
          parts.reduce((total, _part, part) => total + products[2 * part + which][k], 0),
        );
      const slot = stored % memory;
      stored += 1;
      gram.setRow(slot, sum(0));
      return extrapolated(gram.solve(Math.min(stored, memory), sum(1)));
    },
  };

  /** The newest outputs less a combination of differences of outputs. */
  function extrapolated(coefficients: Float64Array): DeviceArray[] {
    if (batch === 1 && histories[0].previous.output.shape.length === 2) {
      const parameters = parametersOf('coefficient', coefficients);
      return histories.map(({ previous: { output }, outputs }) =>
        space.map(formulas.combined, { output, ...(outputs && { differences: outputs }) }, parameters),
      );
    }
    const scalars = { coefficients: space.upload(coefficients, [batch, 1, memory]) };
    const results = histories.map(({ previous: { output }, outputs }) =>
      space.map(formulas.combinedEach, { output, ...(outputs && { differences: outputs }) }, {}, scalars),
    );
    space.release(scalars.coefficients);
    return results;
  }
}

/** The formulas of a memory of some sweeps. */
function formulasFor(memory: number) {
  const unit = (slot: number) => Float64Array.from({ length: memory }, (_, k) => (k === slot ? 1 : 0));
  const vector = (name: string) =>
    Array.from({ length: memory }, (_, k): Expression => mul(constant([...unit(k)]), parameter(`${name}${k}`))).reduce(
      add,
    );
  const slot = vector('slot');
  const history = row('history', memory);
  const change = mul(slot, sub(row('now'), row('before')));
  const weighted = mul(column('share'), column('history', memory));
  const differences = row('differences', memory);
  return {
    unit,
    /** A history with the newest difference in a slot. */
    first: change,
    replaced: add(sub(history, mul(slot, history)), change),
    /** Of the newest difference with every one in the history, and of the residual itself. */
    newRow: mul(sub(column('now'), column('before')), weighted),
    target: mul(column('now'), weighted),
    /** With coefficients that are the same for all elements of a batch, and with those of each. */
    combined: sub(row('output'), dot(vector('coefficient'), differences)),
    combinedEach: sub(row('output'), dot(column('coefficients', memory), differences)),
  };
}

const parametersOf = (name: string, values: Float64Array): Record<string, number> =>
  Object.fromEntries(Array.from(values, (value, k) => [`${name}${k}`, value]));

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
        const found = solveSymmetric(rows);
        // Of potentials whose squares float32 does not hold nothing is known: the newest output stays as it is.
        if (found.every(Number.isFinite)) coefficients.set(found, element * memory);
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
