import { InvalidFormulaError } from '../errors.js';

/**
 * Whose value a variable takes: that of row i, that of column j, that of the pair of both where numbers of pairs are kept, or, in a
 * `finish`, what the reduction gave for row i.
 */
export type VariableSide = 'row' | 'column' | 'pair' | 'reduced';

/** Operators that a backend may do without: it refuses them with an UnsupportedError, which `resolveReduction` throws for it. */
export const optionalOperators = ['sin', 'cos', 'acos', 'tanh', 'erf', 'floor', 'atan2', 'where'] as const;

export type OptionalOperator = (typeof optionalOperators)[number];

/** The elementwise functions of one argument. `rsqrt` is 1/sqrt, and 0 at 0. */
export type UnaryOperator =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'sqrt'
  | 'rsqrt'
  | 'square'
  | 'exp'
  | 'log'
  | Exclude<OptionalOperator, 'atan2' | 'where'>;

/**
 * The elementwise functions of two arguments; a number goes with every component of a vector. `where` is the second one
 * where the first is above 0, and 0 elsewhere, whatever the second is there: two of them make the builder `where`.
 */
export type BinaryOperator = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'atan2' | 'where';

export interface Variable {
  readonly type: 'variable';
  readonly side: VariableSide;
  readonly name: string;
  readonly size: number;
}

export interface Parameter {
  readonly type: 'parameter';
  readonly name: string;
  readonly size: 1;
}

export interface Constant {
  readonly type: 'constant';
  readonly values: readonly number[];
  readonly size: number;
}

export interface Unary {
  readonly type: 'unary';
  readonly operator: UnaryOperator;
  readonly argument: Expression;
  readonly size: number;
}

export interface Binary {
  readonly type: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly size: number;
}

export interface Sum {
  readonly type: 'sum';
  readonly argument: Expression;
  readonly size: 1;
}

export interface Component {
  readonly type: 'component';
  readonly argument: Expression;
  readonly index: number;
  readonly size: 1;
}

/**
 * A formula of the variables of row i and of column j: a small immutable tree, each node a vector of known `size`
 * (1 for a number).
 */
export type Expression = Variable | Parameter | Constant | Unary | Binary | Sum | Component;

/** The nodes that a node is computed from. */
export function argumentsOf(node: Expression): readonly Expression[] {
  switch (node.type) {
    case 'unary':
    case 'sum':
    case 'component':
      return [node.argument];
    case 'binary':
      return [node.left, node.right];
    default:
      return [];
  }
}

/** An expression, or a number that represents a constant. */
export type Operand = Expression | number;

const NAME = /^[A-Za-z][A-Za-z0-9]*$/;

function checkName(name: string): void {
  if (!NAME.test(name)) {
    throw new InvalidFormulaError(`'${name}' cannot name a variable: use letters and digits, a letter first`);
  }
}

function variable(side: VariableSide, name: string, size: number): Variable {
  checkName(name);
  if (!Number.isInteger(size) || size < 1) {
    throw new InvalidFormulaError(`variable '${name}' has size ${size}: a size is a whole number, 1 or more`);
  }
  return { type: 'variable', side, name, size };
}

/** A variable of row i: a vector of `size` components, looked up by name in `Reduction.rows`. */
export const row = (name: string, size = 1): Variable => variable('row', name, size);

/** A variable of column j: a vector of `size` components, looked up by name in `Reduction.columns`. */
export const column = (name: string, size = 1): Variable => variable('column', name, size);

/** A number of the pair of row i and column j, looked up by name in `Reduction.pairs`: for backends that have `pairs`. */
export const pair = (name: string): Variable => variable('pair', name, 1);

/** What the reduction gave for row i (its main result), for use in a `finish`. */
export const reduced = (size = 1): Variable => variable('reduced', 'value', size);

/** The log-sum-exp of row i's scores, for use in the `finish` of a `softmaxMean`. */
export const reducedLogSumExp = (): Variable => variable('reduced', 'logSumExp', 1);

/** One number a call, looked up by name in `Reduction.parameters`; a new value never recompiles a kernel. */
export function parameter(name: string): Parameter {
  checkName(name);
  return { type: 'parameter', name, size: 1 };
}

/** A fixed number, or a fixed vector. */
export function constant(value: number | readonly number[]): Constant {
  const values = typeof value === 'number' ? [value] : [...value];
  if (values.length === 0) throw new InvalidFormulaError('a constant needs one component or more');
  values.forEach((component, index) => {
    if (!Number.isFinite(component)) {
      throw new InvalidFormulaError(`component ${index} of a constant is ${component}: constants are finite`);
    }
  });
  return { type: 'constant', values, size: values.length };
}

/** The operand itself, or the constant a number represents. */
export const expression = (operand: Operand): Expression => (typeof operand === 'number' ? constant(operand) : operand);

/** The node that applies `operator` to `operand`. */
export function unary(operator: UnaryOperator, operand: Operand): Unary {
  const argument = expression(operand);
  return { type: 'unary', operator, argument, size: argument.size };
}

/** The node that applies `operator` to two operands of one size, or of which one is a number. */
export function binary(operator: BinaryOperator, first: Operand, second: Operand): Binary {
  const left = expression(first);
  const right = expression(second);
  if (left.size !== right.size && left.size !== 1 && right.size !== 1) {
    throw new InvalidFormulaError(
      `${operator} of sizes ${left.size} and ${right.size}: sizes must be equal, or one of them 1`,
    );
  }
  return { type: 'binary', operator, left, right, size: Math.max(left.size, right.size) };
}

export const neg = (operand: Operand): Unary => unary('neg', operand);
export const abs = (operand: Operand): Unary => unary('abs', operand);
/** -1, 0 or 1. */
export const sign = (operand: Operand): Unary => unary('sign', operand);
/** The square root; its derivative at 0 counts as 0. */
export const sqrt = (operand: Operand): Unary => unary('sqrt', operand);
/** 1/sqrt, and 0 at 0: with it the gradient of a distance is 0, never NaN, where two points coincide. */
export const rsqrt = (operand: Operand): Unary => unary('rsqrt', operand);
export const square = (operand: Operand): Unary => unary('square', operand);
export const exp = (operand: Operand): Unary => unary('exp', operand);
/** The natural logarithm; its derivative at 0 counts as 0. */
export const log = (operand: Operand): Unary => unary('log', operand);
/**
 * The sine of an angle in radians.
 *
 * Angles of many turns lose digits, as numbers of that size are far apart: on backends other than cpu the error is 0.03 at 1e6 in float32, and
 * 0.006 at 1e15 in float64. Bring angles into one turn before they become points, where they have 64 bits; a formula cannot bring the digits back.
 */
export const sin = (operand: Operand): Unary => unary('sin', operand);
/** The cosine of an angle in radians; angles of many turns lose digits, as those of `sin` do. */
export const cos = (operand: Operand): Unary => unary('cos', operand);
/**
 * The angle with a cosine, from 0 to pi; beyond -1 and 1, where rounding may lead, that of the nearer end. Its derivative at
 * the ends and beyond counts as 0.
 *
 * Near the ends it has half the digits of its argument: `atan2` has all of them, where an angle can be written so.
 */
export const acos = (operand: Operand): Unary => unary('acos', operand);
/** The hyperbolic tangent. */
export const tanh = (operand: Operand): Unary => unary('tanh', operand);
/** The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to u. */
export const erf = (operand: Operand): Unary => unary('erf', operand);
/** The largest whole number that is not above; its derivative counts as 0 everywhere. */
export const floor = (operand: Operand): Unary => unary('floor', operand);
export const add = (left: Operand, right: Operand): Binary => binary('add', left, right);
export const sub = (left: Operand, right: Operand): Binary => binary('sub', left, right);
export const mul = (left: Operand, right: Operand): Binary => binary('mul', left, right);
export const div = (left: Operand, right: Operand): Binary => binary('div', left, right);
export const min = (left: Operand, right: Operand): Binary => binary('min', left, right);
export const max = (left: Operand, right: Operand): Binary => binary('max', left, right);

/**
 * The angle of the point (x, y), given as atan2(y, x), between -pi and pi, with 0 and -0 as one; at (0, 0) it is 0, with
 * derivative 0.
 *
 * @example
 * ```ts
 * import { add, atan2, type Cost, component, cos, mul, sin, sqrt, square, sub } from '@sinkhorn/core';
 *
 * // The angle between points of a sphere, given by longitude and latitude in radians: the haversine formula.
 * const greatCircle: Cost = (x, y) => {
 *   const [longitude, latitude] = [0, 1].map((axis) => sub(component(x, axis), component(y, axis)));
 *   const both = mul(cos(component(x, 1)), cos(component(y, 1)));
 *   const h = add(square(sin(mul(0.5, latitude))), mul(both, square(sin(mul(0.5, longitude)))));
 *   return mul(2, atan2(sqrt(h), sqrt(sub(1, h))));
 * };
 * ```
 */
export const atan2 = (y: Operand, x: Operand): Binary => binary('atan2', y, x);

/**
 * `taken` where the condition is above 0, `otherwise` elsewhere, component by component; the other one has no part in the
 * value or in derivatives, even where it is NaN.
 *
 * @example
 * ```ts
 * import { evaluate, log, row, where } from '@sinkhorn/core';
 *
 * const u = row('u');
 * const [value] = evaluate(where(u, log(u), 0), { variable: () => [-1] });
 * if (value !== 0) throw new Error('unexpected');
 * ```
 */
export function where(condition: Operand, taken: Operand, otherwise: Operand): Binary {
  const isTaken = binary('where', condition, 1);
  return add(binary('where', condition, taken), binary('where', sub(1, isTaken), otherwise));
}

/** The sum of a vector's components. */
export const sum = (operand: Operand): Sum => ({ type: 'sum', argument: expression(operand), size: 1 });

/** One component of a vector. */
export function component(argument: Expression, index: number): Component {
  if (!Number.isInteger(index) || index < 0 || index >= argument.size) {
    throw new InvalidFormulaError(`component ${index} of a vector of size ${argument.size}: count from 0`);
  }
  return { type: 'component', argument, index, size: 1 };
}

/** The scalar product of two vectors. */
export const dot = (left: Operand, right: Operand): Sum => sum(mul(left, right));

/** |x - y|^2, as a sum of squared differences. */
export const squaredDistance = (x: Operand, y: Operand): Sum => sum(square(sub(x, y)));

/** |x - y|; its gradient is 0 where x = y. */
export const distance = (x: Operand, y: Operand): Unary => sqrt(squaredDistance(x, y));

/**
 * `base` to a fixed power, for `base` >= 0 and `exponent` > 0; its derivative at 0 counts as 0.
 *
 * @example
 * ```ts
 * import { distance, power } from '@sinkhorn/core';
 * import type { Cost } from '@sinkhorn/core';
 *
 * const cost: Cost = (x, y) => power(distance(x, y), 1.5);
 * ```
 */
export function power(base: Operand, exponent: number): Expression {
  if (!(exponent > 0 && Number.isFinite(exponent))) {
    throw new InvalidFormulaError(`power ${exponent}: the exponent is a finite number above 0`);
  }
  const argument = expression(base);
  if (exponent === 0.5) return sqrt(argument);
  if (exponent === 1) return argument;
  if (exponent === 1.5) return mul(argument, sqrt(argument));
  if (exponent === 2) return square(argument);
  return exp(mul(exponent, log(argument)));
}
