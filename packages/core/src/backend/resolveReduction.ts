import { InvalidFormulaError, UnsupportedError } from '../errors.js';
import { type Expression, type OptionalOperator, optionalOperators } from '../formula/expression.js';
import { type Program, program } from '../formula/program.js';
import type { DeviceArray, Reduction, ReductionKind } from './backend.js';
import { checkBlockPattern } from './blockPattern.js';

/** A reduction with its sizes known and its formulas as programs: what a backend compiles and runs. */
export interface ResolvedReduction {
  /** Number of elements of the batch; 1 without one. */
  readonly batch: number;
  /** Whether results carry the leading batch axis. */
  readonly batched: boolean;
  readonly rows: number;
  readonly columns: number;
  /** The score, if the kind has one, then the value, if it has one. */
  readonly pair: Program;
  /** The main result of a row, if the reduction has a `finish`. */
  readonly finish?: Program;
  /** Size of what is reduced, before `finish`. */
  readonly reducedSize: number;
  /** Size of the main result, after `finish`. */
  readonly resultSize: number;
  /** Equal for reductions that one compiled kernel serves: the same kind, formulas and sizes, any N, M and parameters. */
  readonly key: string;
}

/**
 * Reductions remembered that begin with the same formula; a formula goes with what remembers it. Raising it keeps more programs and looks
 * through longer lists. Chosen, not measured.
 */
const MOST_PROGRAMS = 16;

const NEEDS: Record<ReductionKind, { score: boolean; value: boolean }> = {
  logSumExp: { score: true, value: false },
  softmaxMean: { score: true, value: true },
  sum: { score: false, value: true },
  min: { score: true, value: false },
};

/**
 * Checks that a reduction fits together and works out its sizes; every backend calls it first.
 *
 * @param operators which of the optional operators the backend has: a generator of code names those that it knows. All of them when
 *   absent, as for an interpreter that computes with `unaryFunctions` and `binaryFunctions`. A backend that takes `pair` variables names
 *   'pair' among them, and checks their arrays by `checkPairs`.
 * @throws InvalidFormulaError naming the variable, array or parameter at fault, and UnsupportedError naming an operator that the
 *   backend does not have.
 *
 * @example
 * ```ts
 * import { column, resolveReduction, row, squaredDistance } from '@sinkhorn/core';
 *
 * const { rows, columns, resultSize } = resolveReduction({
 *   kind: 'min',
 *   score: squaredDistance(row('x', 3), column('y', 3)),
 *   rows: { x: { shape: [100, 3] } },
 *   columns: { y: { shape: [80, 3] } },
 *   parameters: {},
 * });
 * if (rows !== 100 || columns !== 80 || resultSize !== 1) throw new Error('unexpected');
 * ```
 */
export function resolveReduction(
  reduction: Reduction,
  operators: readonly (OptionalOperator | 'pair')[] = optionalOperators,
): ResolvedReduction {
  const { value, finish } = reduction;
  const { pair, finishing, key } = programsOf(reduction);
  const reducedSize = value?.size ?? 1;
  checkUses(reduction, pair, false, reducedSize);
  if (finishing) checkUses(reduction, finishing, true, reducedSize);
  for (const { instructions } of finishing ? [pair, finishing] : [pair]) checkOperators(instructions, operators);
  const rows = sharedLength('rows', reduction.rows);
  const columns = sharedLength('columns', reduction.columns);
  const batch = sharedBatch(reduction);
  if (reduction.blocks) checkBlockPattern(reduction.blocks, rows, columns);
  return {
    batch: batch ?? 1,
    batched: batch !== undefined,
    rows,
    columns,
    pair,
    finish: finishing,
    reducedSize,
    resultSize: finish?.size ?? reducedSize,
    key,
  };
}

/** The programs of formulas, and the key of the kernels that compute them. */
interface Programs extends Pick<Reduction, 'kind' | 'score' | 'value' | 'finish'> {
  readonly pair: Program;
  readonly finishing?: Program;
  readonly key: string;
}

/** Programs that were made before, by the first formula of a reduction: an iteration asks for the same ones again and again. */
const knownPrograms = new WeakMap<Expression, Programs[]>();

function programsOf({ kind, score, value, finish }: Reduction): Programs {
  const first = score ?? value;
  const known = (first && knownPrograms.get(first)) ?? [];
  const found = known.find(
    (programs) =>
      programs.kind === kind && programs.score === score && programs.value === value && programs.finish === finish,
  );
  if (found) return found;
  const needs = own(NEEDS, kind);
  if (!needs) throw new InvalidFormulaError(`kind '${kind}': it is one of ${Object.keys(NEEDS).join(', ')}`);
  checkPresence(kind, 'score', needs.score, score);
  checkPresence(kind, 'value', needs.value, value);
  if (score && score.size !== 1) {
    throw new InvalidFormulaError(`score has size ${score.size}: a score is a number, such as a sum over components`);
  }
  const pair = program([score, value].filter((expression) => expression !== undefined));
  const finishing = finish && program([finish]);
  const key = `${kind}|${pair.key}|${finishing?.key ?? ''}`;
  const programs = { kind, score, value, finish, pair, finishing, key };
  if (first) knownPrograms.set(first, [...known, programs].slice(-MOST_PROGRAMS));
  return programs;
}

/** What an object has itself under a name: all have a `constructor`. */
const own = <Value>(from: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(from, name) ? from[name] : undefined;

function checkPresence(kind: ReductionKind, name: string, needed: boolean, given: Expression | undefined): void {
  if (needed && !given) throw new InvalidFormulaError(`a ${kind} needs a ${name}`);
  if (!needed && given) throw new InvalidFormulaError(`a ${kind} has no ${name}: leave it out`);
}

function checkUses(reduction: Reduction, { instructions }: Program, finishing: boolean, reducedSize: number): void {
  for (const { node } of instructions) {
    if (node.type === 'parameter' && !Number.isFinite(own(reduction.parameters, node.name))) {
      throw new InvalidFormulaError(
        `parameter '${node.name}' is ${own(reduction.parameters, node.name)}: give it a finite number in parameters`,
      );
    }
    if (node.type !== 'variable') continue;
    if (node.side === 'reduced') {
      if (!finishing) throw new InvalidFormulaError('reduced() is the result: use it in a finish only');
      checkReduced(reduction.kind, node.name, node.size, reducedSize);
    } else if (node.side !== 'row' && finishing) {
      throw new InvalidFormulaError(
        `finish uses ${node.side} variable '${node.name}': it knows rows and the result only`,
      );
    } else if (node.side !== 'pair') {
      checkVariable(node.side, node.name, node.size, reduction);
    }
  }
}

function checkOperators(instructions: Program['instructions'], operators: readonly string[]): void {
  for (const { node } of instructions) {
    if (node.type === 'variable' && node.side === 'pair' && !operators.includes('pair')) {
      throw new UnsupportedError(`this backend keeps no pairs: replace pair variable '${node.name}' by its formula`);
    }
    if (node.type !== 'unary' && node.type !== 'binary') continue;
    const { operator } = node;
    if (!operators.includes(operator) && (optionalOperators as readonly string[]).includes(operator)) {
      throw new UnsupportedError(
        `this backend has no '${operator}': write the formula without it, or take a backend that has it, such as cpu`,
      );
    }
  }
}

function checkReduced(kind: ReductionKind, name: string, size: number, reducedSize: number): void {
  if (name === 'logSumExp' && kind !== 'softmaxMean') {
    throw new InvalidFormulaError(`reducedLogSumExp() in a ${kind}: it is known in a softmaxMean only`);
  }
  const known = name === 'logSumExp' ? 1 : reducedSize;
  if (size !== known) throw new InvalidFormulaError(`reduced(${size}): the result has size ${known}`);
}

function checkVariable(side: 'row' | 'column', name: string, size: number, reduction: Reduction): void {
  const argument = side === 'row' ? 'rows' : 'columns';
  const array = own(reduction[argument], name);
  if (!array) throw new InvalidFormulaError(`${side} variable '${name}' has no array: give ${argument}.${name}`);
  const given = array.shape[array.shape.length - 1];
  if (given !== size) {
    throw new InvalidFormulaError(`${argument}.${name} has size ${given}, but the formula uses it with size ${size}`);
  }
}

function sharedLength(argument: 'rows' | 'columns', arrays: Readonly<Record<string, DeviceArray>>): number {
  let shared: number | undefined;
  for (const [name, { shape }] of Object.entries(arrays)) {
    if (shape.length !== 2 && shape.length !== 3) {
      throw new InvalidFormulaError(`${argument}.${name} has shape [${shape}]: give [N, size] or [B, N, size]`);
    }
    const length = shape[shape.length - 2];
    if (shared !== undefined && length !== shared) {
      throw new InvalidFormulaError(`${argument}.${name} has ${length} entries, those before it ${shared}`);
    }
    shared = length;
  }
  return shared ?? 1;
}

function sharedBatch({ rows, columns }: Reduction): number | undefined {
  let shared: number | undefined;
  for (const [name, { shape }] of [...Object.entries(rows), ...Object.entries(columns)]) {
    if (shape.length !== 3) continue;
    if (shared !== undefined && shape[0] !== shared) {
      throw new InvalidFormulaError(`array '${name}' has a batch of ${shape[0]}, those before it ${shared}`);
    }
    shared = shape[0];
  }
  return shared;
}
