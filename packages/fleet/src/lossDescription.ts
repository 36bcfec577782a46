import { column, type Expression, row } from '@sinkhorn/core';
import {
  type Backend,
  energyDistance,
  gaussianMmd,
  hausdorffDivergence,
  kernelMmd,
  type Loss,
  laplacianMmd,
  perFeature,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { FleetError } from './errors.js';
import { type FormulaNodes, formulasOf, nodesOf } from './formulaNodes.js';
import { limits } from './limits.js';

/** A formula of two points, as losses take it: a cost or a kernel. */
export type PointFormula = (x: Expression, y: Expression) => Expression;

type Options<Make extends (options: never) => unknown> = Omit<Parameters<Make>[0], 'backend' | 'onInaccurate'>;

/**
 * A loss as plain data: its name and its options, without a backend. It is what travels to workers, which know these losses and no others. A `cost`
 * or a `kernel` of your own travels as a formula.
 */
export type LossDescription =
  | { readonly loss: 'sinkhornDivergence'; readonly options?: Options<typeof sinkhornDivergence> }
  | { readonly loss: 'hausdorffDivergence'; readonly options?: Options<typeof hausdorffDivergence> }
  | { readonly loss: 'energyDistance'; readonly options?: Options<typeof energyDistance> }
  | { readonly loss: 'gaussianMmd'; readonly options?: Options<typeof gaussianMmd> }
  | { readonly loss: 'laplacianMmd'; readonly options?: Options<typeof laplacianMmd> }
  | { readonly loss: 'kernelMmd'; readonly options: Options<typeof kernelMmd> }
  | {
      readonly loss: 'perFeature';
      readonly of: LossDescription;
      readonly columns: readonly (number | readonly number[])[];
    };

/** The same as it stands in a tile. */
export interface PlainLoss {
  readonly loss: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly of?: PlainLoss;
  readonly columns?: readonly (number | readonly number[])[];
}

const transport = ['p', 'cost', 'blur', 'tolerance', 'maxIterations', 'normalize', 'reach', 'accuracy', 'strategy'];
const kernels = ['strategy', 'accuracy', 'normalize'];

/** The losses that workers know, with the options of each that are plain data. */
const table: Readonly<Record<string, { readonly options: readonly string[]; make(options: never): Loss }>> = {
  sinkhornDivergence: {
    options: [...transport, 'scaling', 'diameter', 'debias', 'method', 'penalty', 'root', 'metric', 'costMemory'],
    make: sinkhornDivergence,
  },
  hausdorffDivergence: { options: transport, make: hausdorffDivergence },
  energyDistance: { options: kernels, make: energyDistance },
  gaussianMmd: { options: [...kernels, 'blur'], make: gaussianMmd },
  laplacianMmd: { options: [...kernels, 'blur'], make: laplacianMmd },
  kernelMmd: { options: ['kernel', 'conditional', 'normalize'], make: kernelMmd },
};

/** The options that are formulas of two points. */
const FORMULAS: readonly string[] = ['cost', 'kernel'];

/**
 * A description as it travels: formulas become lists of nodes.
 *
 * @param dimension - of the points, which formulas are written for.
 * @throws FleetError naming the loss or the option that workers do not know.
 *
 * @example
 * ```ts
 * import { formula } from '@sinkhorn/core';
 * import { plainLoss } from '@sinkhorn/fleet';
 *
 * const plain = plainLoss({ loss: 'sinkhornDivergence', options: { blur: 0.1, cost: formula.distance } }, 2);
 * if (JSON.stringify(plain).includes('=>')) throw new Error('no source travels');
 * ```
 */
export function plainLoss(description: LossDescription, dimension: number, depth = 0): PlainLoss {
  if (typeof description !== 'object' || description === null) {
    throw new FleetError(
      'INVALID_TILE',
      "loss is no description: give { loss: 'sinkhornDivergence', options: { blur: 0.1 } }",
    );
  }
  if (depth > limits.depth) throw new FleetError('TOO_LARGE', `losses are ${depth} deep: ${limits.depth} are allowed`);
  if (description.loss === 'perFeature') {
    const { loss, of, columns, ...others } = description;
    refuseOthers(others, 'perFeature takes { loss, of, columns }');
    if (!Array.isArray(columns))
      throw new FleetError('INVALID_TILE', 'columns is no list: give the columns to compare');
    // A group of columns has a dimension of its own.
    const sizes = new Set(columns.map((entry) => (typeof entry === 'number' ? 1 : entry.length)));
    const [size = 1] = sizes;
    return { loss, of: plainLoss(of, sizes.size > 1 ? 1 : size, depth + 1), columns };
  }
  const { loss, options: given, ...others } = description;
  const entry = knownLoss(loss);
  refuseOthers(others, `${loss} takes { loss, options }, as in { loss: '${loss}', options: { ... } }`);
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new FleetError('INVALID_TILE', `options of ${loss} is ${String(given)}: give an object`);
  }
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === undefined) continue;
    checkOption(loss, entry.options, name);
    if (typeof value === 'function' && FORMULAS.includes(name)) {
      options[name] = nodesOf([expressionOf(name, value as PointFormula, dimension)]);
    } else {
      const plain = name === 'reach' ? finiteReach(value) : value;
      if (plain !== undefined) options[name] = plain;
    }
  }
  return { loss, options };
}

/** An option beside `options` would be ignored: a wrong answer. */
function refuseOthers(others: object, remedy: string): void {
  const [other] = Object.keys(others);
  if (other !== undefined) throw new FleetError('INVALID_TILE', `a loss has no '${other.slice(0, 80)}': ${remedy}`);
}

function expressionOf(name: string, formula: PointFormula, dimension: number): Expression {
  const made: unknown = formula(row('x', dimension), column('y', dimension));
  if (typeof made === 'object' && made !== null && 'type' in made) return made as Expression;
  throw new FleetError(
    'INVALID_TILE',
    `${name} returned ${String(made)}: return a formula, as of formula.distance(x, y)`,
  );
}

/** Without the sides where all mass is moved: text has no infinity, and that is the default. */
function finiteReach(reach: unknown): unknown {
  const isLength = (side: unknown) => side !== undefined && side !== Number.POSITIVE_INFINITY;
  if (typeof reach !== 'object' || reach === null) return isLength(reach) ? reach : undefined;
  const sides = Object.entries(reach).filter(([, side]) => isLength(side));
  return sides.length > 0 ? Object.fromEntries(sides) : undefined;
}

/**
 * A description as it travels, after the loss was made of it once: options out of range are told at once, and not by every tile.
 *
 * @throws as `plainLoss` and `lossOf`.
 */
export function checkedLoss(description: LossDescription, dimension: number, backend: Backend): PlainLoss {
  const plain = plainLoss(description, dimension);
  lossOf(plain, backend);
  return plain;
}

/**
 * The loss of a tile on a backend. Results that are not accurate are told of in its diagnostics.
 *
 * @throws FleetError for what is no loss of the table, InvalidOptionError for options that the loss refuses.
 */
export function lossOf(plain: unknown, backend: Backend, depth = 0): Loss {
  if (typeof plain !== 'object' || plain === null || depth > limits.depth) {
    throw new FleetError('INVALID_TILE', 'a loss is { loss, options }, a name and plain options');
  }
  const { loss: name, options = {}, of, columns, ...others } = plain as PlainLoss & Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new FleetError('INVALID_TILE', `a loss has no '${other}'`);
  if (name === 'perFeature') {
    if (!Array.isArray(columns) || columns.length > limits.items) {
      throw new FleetError('INVALID_TILE', 'perFeature needs a list of columns');
    }
    return perFeature(lossOf(of, backend, depth + 1), columns as readonly number[]);
  }
  const entry = knownLoss(name);
  if (typeof options !== 'object' || options === null) throw new FleetError('INVALID_TILE', 'options is no object');
  const made: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(options)) {
    checkOption(name, entry.options, option);
    made[option] = FORMULAS.includes(option) ? pointFormula(value) : plainValue(option, value);
  }
  return entry.make({ ...made, backend, onInaccurate: 'ignore' } as never);
}

/** Whether a loss gives the same for (x, y) and (y, x). */
export function isSymmetric(description: LossDescription): boolean {
  if (description.loss === 'perFeature') return isSymmetric(description.of);
  const { cost, debias, reach, penalty } = (description.options ?? {}) as Readonly<Record<string, unknown>>;
  const oneSided = (value: unknown) => typeof value === 'object' && value !== null && ('x' in value || 'y' in value);
  // Debiasing wants a symmetric cost, and sees to it.
  return !(cost !== undefined && debias === false) && !oneSided(reach) && !oneSided(penalty);
}

function knownLoss(name: unknown) {
  if (typeof name === 'string' && Object.hasOwn(table, name)) return table[name];
  throw new FleetError(
    'INVALID_TILE',
    `loss is ${typeof name === 'string' ? `'${name.slice(0, 80)}'` : typeof name}: workers know ${[...Object.keys(table), 'perFeature'].join(', ')}`,
  );
}

function checkOption(loss: string, known: readonly string[], name: string): void {
  if (known.includes(name)) return;
  throw new FleetError(
    'INVALID_TILE',
    `${loss} has no option '${name.slice(0, 80)}' on a fleet: its options are ${known.join(', ')}`,
  );
}

/** A formula that travelled, as a function of two points of any dimension that it fits. */
function pointFormula(data: unknown): PointFormula {
  formulasOf(data);
  return (x, y) => {
    const [formula] = formulasOf(data as FormulaNodes, (side) =>
      side === 'row' ? x : side === 'column' ? y : undefined,
    );
    return formula;
  };
}

/** Options are numbers, words, or small objects of these, such as { x: 1, y: 2 }; null, which is what text makes of NaN, means something for a tolerance alone. */
function plainValue(name: string, value: unknown, depth = 0): unknown {
  if ((value === null && name === 'tolerance') || ['number', 'string', 'boolean'].includes(typeof value)) return value;
  if (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    depth < 2 &&
    Object.keys(value).length <= 16
  ) {
    const entries = Object.entries(value);
    if (!entries.some(([key]) => key in Object.prototype))
      return Object.fromEntries(entries.map(([key, each]) => [key, plainValue(name, each, depth + 1)]));
  }
  throw new FleetError('INVALID_TILE', `option '${name}' is no plain value: give numbers or words`);
}
