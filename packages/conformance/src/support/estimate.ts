import { binaryFunctions, type Expression, unaryFunctions, type Variable } from '@sinkhorn/core';

/** A vector with, for each component, how much rounding it may carry: the error bound is about that many roundings of 1. */
export interface Estimate {
  readonly values: ArrayLike<number>;
  readonly errors: ArrayLike<number>;
}

interface Known {
  readonly variable: (variable: Variable) => Estimate;
  readonly parameters: Readonly<Record<string, number>>;
}

/** Numbers without an error: those of an array that was uploaded. */
export const exact = (values: ArrayLike<number>): Estimate => ({ values, errors: new Float64Array(values.length) });

/**
 * A running error analysis of a formula: the value and, component by component, the sum of the sizes of all roundings
 * on the way, each carried through what follows. A fair measure of error where terms cancel, too.
 */
export function estimate(expression: Expression, known: Known): Estimate {
  const found = new Map<Expression, Estimate>();
  const visit = (node: Expression): Estimate => {
    const before = found.get(node);
    if (before) return before;
    const result = step(node, visit, known);
    found.set(node, result);
    return result;
  };
  return visit(expression);
}

function step(node: Expression, visit: (node: Expression) => Estimate, { variable, parameters }: Known): Estimate {
  switch (node.type) {
    case 'variable':
      return variable(node);
    case 'parameter':
      return rounded([parameters[node.name]]);
    case 'constant':
      return rounded(node.values);
    case 'component': {
      const { values, errors } = visit(node.argument);
      return { values: [values[node.index]], errors: [errors[node.index]] };
    }
    case 'sum': {
      const { values, errors } = visit(node.argument);
      const total = (list: ArrayLike<number>) => Array.from(list).reduce((sum, value) => sum + value, 0);
      return { values: [total(values)], errors: [total(errors) + total(Array.from(values, Math.abs))] };
    }
    case 'unary':
      return unaryStep(node.operator, visit(node.argument));
    case 'binary':
      return binaryStep(node.operator, visit(node.left), visit(node.right), node.size);
  }
}

const rounded = (values: readonly number[]): Estimate => ({ values, errors: values.map(Math.abs) });

function unaryStep(operator: keyof typeof unaryFunctions, argument: Estimate): Estimate {
  const values = Array.from(argument.values, unaryFunctions[operator]);
  const errors = values.map((value, index) =>
    unaryError(operator, argument.values[index], argument.errors[index], value),
  );
  return { values, errors };
}

function unaryError(operator: keyof typeof unaryFunctions, u: number, error: number, value: number): number {
  switch (operator) {
    case 'neg':
    case 'abs':
      return error;
    case 'sign':
      return 0;
    case 'sqrt':
      return (u > 0 ? error / (2 * value) : Math.sqrt(error)) + value;
    case 'rsqrt':
      return (u > 0 ? (error * value) / (2 * u) : 0) + value;
    case 'square':
      return 2 * Math.abs(u) * error + value;
    case 'exp':
      return value * (error + Math.abs(u) + 1);
    case 'log':
      return error / u + Math.abs(value) + 1;
  }
}

function binaryStep(operator: keyof typeof binaryFunctions, left: Estimate, right: Estimate, size: number): Estimate {
  const values = new Float64Array(size);
  const errors = new Float64Array(size);
  for (let index = 0; index < size; index++) {
    const at = ({ values: list }: Estimate) => (list.length === 1 ? 0 : index);
    const [u, v] = [left.values[at(left)], right.values[at(right)]];
    const [errorU, errorV] = [left.errors[at(left)], right.errors[at(right)]];
    values[index] = binaryFunctions[operator](u, v);
    errors[index] = binaryError(operator, u, v, errorU, errorV, Math.abs(values[index]));
  }
  return { values, errors };
}

function binaryError(
  operator: keyof typeof binaryFunctions,
  u: number,
  v: number,
  errorU: number,
  errorV: number,
  size: number,
): number {
  switch (operator) {
    case 'add':
    case 'sub':
      return errorU + errorV + size;
    case 'mul':
      return Math.abs(v) * errorU + Math.abs(u) * errorV + size;
    case 'div':
      return (errorU + size * errorV) / Math.abs(v) + 2 * size;
    case 'min':
    case 'max':
      return Math.max(errorU, errorV);
  }
}
