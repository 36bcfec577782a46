import { type Expression, evaluate, type ResolvedReduction, resolveReduction, type Variable } from '@sinkhorn/core';
import { type Estimate, estimator, exact } from './estimate.js';
import type { HostArray, HostReduction } from './hostReduction.js';

/** What a row of a reduction must be: the main result, the second one if its kind has one, and the rounding of both. */
export interface NaiveRow {
  readonly main: Estimate;
  readonly second?: Estimate;
  /** For a minimum: its value before `finish`, with its rounding. */
  readonly least?: { readonly value: number; readonly error: number };
}

type Lookup = (variable: Variable) => ArrayLike<number>;

/** A reduction as the definition says it: pair by pair, in float64, with nothing shared between rows. */
export interface NaiveReduction {
  readonly resolved: ResolvedReduction;
  /** The results of a row, in float64. */
  row(element: number, row: number): { main: Float64Array; second?: number };
  /** The same with the rounding a backend is allowed. */
  estimatedRow(element: number, row: number): NaiveRow;
  /** The score of a pair; undefined where the row does not meet the column. */
  score(element: number, row: number, column: number): number | undefined;
}

/** Reads reductions off their definition, node by node of their formulas. */
export function naiveReduction(reduction: HostReduction): NaiveReduction {
  const resolved = resolveReduction(reduction);
  const { kind, score, value, finish, parameters } = reduction;
  const estimateScore = score && estimator(score);
  const estimateValue = value && estimator(value);
  const estimateFinish = finish && estimator(finish);
  const pairsOf = (element: number, row: number) => {
    const rows = entryOf(reduction.rows, resolved.batch, element, row);
    return columnsOf(reduction, resolved, row).map((column) => {
      const columns = entryOf(reduction.columns, resolved.batch, element, column);
      const lookup: Lookup = ({ side, name }) => (side === 'row' ? rows(name) : columns(name));
      return { column, lookup };
    });
  };
  const at = (expression: Expression, variable: Lookup) => evaluate(expression, { variable, parameters });
  const finishWith = (element: number, row: number, reduced: (name: string) => ArrayLike<number>): Lookup => {
    const rows = entryOf(reduction.rows, resolved.batch, element, row);
    return ({ side, name }) => (side === 'reduced' ? reduced(name) : rows(name));
  };
  const reduce = (element: number, row: number) => {
    const pairs = pairsOf(element, row).map(({ column, lookup }) => ({
      column,
      score: score && at(score, lookup)[0],
      value: value && at(value, lookup),
    }));
    return combine(kind, pairs, resolved.reducedSize);
  };
  return {
    resolved,
    score(element, row, column) {
      const pair = score && pairsOf(element, row).find((of) => of.column === column);
      return pair && at(score, pair.lookup)[0];
    },
    row(element, row) {
      const { main, second } = reduce(element, row);
      if (!finish) return { main, second };
      const reduced = (name: string) => (name === 'logSumExp' ? [second ?? Number.NaN] : main);
      return { main: at(finish, finishWith(element, row, reduced)), second };
    },
    estimatedRow(element, row) {
      const pairs = pairsOf(element, row).map(({ column, lookup }) => {
        const known = { variable: (variable: Variable) => exact(lookup(variable)), parameters };
        return { column, score: estimateScore?.(known), value: estimateValue?.(known) };
      });
      const { main, second } = combine(
        kind,
        pairs.map(({ column, score: of, value: term }) => ({ column, score: of?.values[0], value: term?.values })),
        resolved.reducedSize,
      );
      const errors = rounding(kind, pairs, main, second);
      const estimates = {
        main: { values: main, errors: errors.main },
        second: second === undefined ? undefined : { values: [second], errors: [errors.second] },
        least: kind === 'min' ? { value: main[0], error: errors.main[0] } : undefined,
      };
      if (!finish || !estimateFinish) return estimates;
      const variable = (of: Variable): Estimate => {
        if (of.side === 'reduced') return (of.name === 'logSumExp' && estimates.second) || estimates.main;
        return exact(finishWith(element, row, () => [])(of));
      };
      const lookup: Lookup = (of) => variable(of).values;
      const { errors: finished } = estimateFinish({ variable, parameters });
      return { ...estimates, main: { values: at(finish, lookup), errors: finished } };
    },
  };
}

/** The numbers of one row, or one column, of every array by name. */
function entryOf(arrays: Readonly<Record<string, HostArray>>, batch: number, element: number, index: number) {
  const known: Record<string, number[]> = {};
  return (name: string): ArrayLike<number> => {
    if (known[name]) return known[name];
    const { values, shape } = arrays[name];
    const size = shape[shape.length - 1];
    const start = (shape.length === 3 ? (element * values.length) / batch : 0) + index * size;
    const entry: number[] = [];
    for (let component = 0; component < size; component++) entry.push(values[start + component]);
    known[name] = entry;
    return entry;
  };
}

/** The columns that a row meets, in order. */
function columnsOf({ blocks }: HostReduction, { columns }: ResolvedReduction, row: number): number[] {
  if (!blocks) return Array.from({ length: columns }, (_, column) => column);
  const { rowStarts, columnStarts, offsets, columnBlocks } = blocks;
  const block = rowStarts.findIndex((start, index) => start <= row && row < rowStarts[index + 1]);
  return Array.from(columnBlocks.subarray(offsets[block], offsets[block + 1]))
    .flatMap((at) => Array.from({ length: columnStarts[at + 1] - columnStarts[at] }, (_, k) => columnStarts[at] + k))
    .sort((one, two) => one - two);
}

interface Pair {
  readonly column: number;
  readonly score?: number;
  readonly value?: ArrayLike<number>;
}

function combine(
  kind: HostReduction['kind'],
  pairs: readonly Pair[],
  size: number,
): { main: Float64Array; second?: number } {
  const scores = pairs.map(({ score }) => score ?? 0);
  const values = pairs.map(({ value }) => value ?? new Float64Array(size));
  const total = (weight: (index: number) => number) =>
    Float64Array.from({ length: size }, (_, c) => values.reduce((sum, value, j) => sum + weight(j) * value[c], 0));
  switch (kind) {
    case 'sum':
      return { main: total(() => 1) };
    case 'min': {
      const least = scores.reduce((before, score) => Math.min(before, score), Number.POSITIVE_INFINITY);
      const first = pairs.find((_, j) => scores[j] === least);
      return { main: Float64Array.of(least), second: first?.column ?? -1 };
    }
    default: {
      const shift = scores.reduce((before, score) => Math.max(before, score), Number.NEGATIVE_INFINITY);
      const mass = scores.reduce((sum, score) => sum + Math.exp(score - shift), 0);
      const logSumExp = pairs.length > 0 ? shift + Math.log(mass) : Number.NEGATIVE_INFINITY;
      if (kind === 'logSumExp') return { main: Float64Array.of(logSumExp) };
      return { main: total((j) => Math.exp(scores[j] - shift) / mass), second: logSumExp };
    }
  }
}

/** How much rounding the results may carry: what the terms do, weighted as the terms are. */
function rounding(
  kind: HostReduction['kind'],
  pairs: readonly { score?: Estimate; value?: Estimate }[],
  main: Float64Array,
  second: number | undefined,
): { main: Float64Array; second: number } {
  if (kind === 'sum') {
    const errors = main.map((_, c) =>
      pairs.reduce((sum, { value }) => sum + (value ? value.errors[c] + Math.abs(value.values[c]) : 0), 0),
    );
    return { main: errors, second: 0 };
  }
  if (kind === 'min') {
    const least = pairs.find(({ score }) => score?.values[0] === main[0])?.score;
    return { main: Float64Array.of(Math.abs(main[0]) + (least?.errors[0] ?? 0)), second: 0 };
  }
  const logSumExp = kind === 'logSumExp' ? main[0] : (second ?? 0);
  const terms = pairs.map(({ score, value }) => {
    const at = score?.values[0] ?? 0;
    return { share: Math.exp(at - logSumExp), error: (score?.errors[0] ?? 0) + Math.abs(at) + 2, value };
  });
  const ofLog = terms.reduce((sum, { share, error }) => sum + share * error, Math.abs(logSumExp));
  if (kind === 'logSumExp') return { main: Float64Array.of(ofLog), second: 0 };
  const ofMean = main.map((mean, c) =>
    terms.reduce((sum, { share, error, value }) => {
      const [term, own] = value ? [value.values[c], value.errors[c]] : [0, 0];
      return sum + share * (own + error * Math.abs(term - mean) + 2 * Math.abs(term));
    }, 0),
  );
  return { main: ofMean, second: ofLog };
}
