import { binaryFunctions, type Expression, program, unaryFunctions, type Variable } from '@sinkhorn/core';

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
export const exact = (values: ArrayLike<number>): Estimate => ({ values, errors: new Array(values.length).fill(0) });

/**
 * A running error analysis of a formula, made ready once for many pairs: the value and, component by component, the sum of
 * the sizes of all roundings on the way, each carried through what follows. A fair measure of error where terms cancel, too.
 */
export function estimator(expression: Expression): (known: Known) => Estimate {
  const { instructions, outputs } = program([expression]);
  const found: Estimate[] = [];
  return (known) => {
    for (let index = 0; index < instructions.length; index++) {
      const { node, operands } = instructions[index];
      found[index] = step(node, found[operands[0]], found[operands[1]], known);
    }
    return found[outputs[0]];
  };
}

function step(node: Expression, one: Estimate, two: Estimate, { variable, parameters }: Known): Estimate {
  switch (node.type) {
    case 'variable':
      return variable(node);
    case 'parameter':
      return rounded([parameters[node.name]]);
    case 'constant':
      return rounded(node.values);
    case 'component':
      return { values: [one.values[node.index]], errors: [one.errors[node.index]] };
    case 'sum':
      return sumStep(one);
    case 'unary':
      return unaryStep(node.operator, one);
    case 'binary':
      return binaryStep(node.operator, one, two, node.size);
  }
}

const rounded = (values: readonly number[]): Estimate => ({ values, errors: values.map(Math.abs) });

function sumStep({ values, errors }: Estimate): Estimate {
  let [total, error, sizes] = [0, 0, 0];
  for (let index = 0; index < values.length; index++) {
    total += values[index];
    error += errors[index];
    sizes += Math.abs(values[index]);
  }
  return { values: [total], errors: [error + sizes] };
}

function unaryStep(operator: keyof typeof unaryFunctions, argument: Estimate): Estimate {
  const apply = unaryFunctions[operator];
  const values: number[] = [];
  const errors: number[] = [];
  for (let index = 0; index < argument.values.length; index++) {
    const u = argument.values[index];
    values.push(apply(u));
    errors.push(unaryError(operator, u, argument.errors[index], values[index]));
  }
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
    case 'sin':
    case 'cos':
      // An angle is reduced by whole turns, each with its rounding.
      return error + Math.abs(u) + 1;
    case 'acos':
      // The slope is 1 / sqrt(1 - u^2), and unbounded at the ends.
      return Math.min(error / Math.sqrt(Math.max(0, 1 - u * u)) || 0, Math.sqrt(2 * error)) + value;
    case 'tanh':
      return error * (1 - value * value) + Math.abs(value);
    case 'erf':
      return (error * 2 * Math.exp(-u * u)) / Math.sqrt(Math.PI) + Math.abs(value);
    case 'floor':
      return 0;
  }
}

function binaryStep(operator: keyof typeof binaryFunctions, left: Estimate, right: Estimate, size: number): Estimate {
  const apply = binaryFunctions[operator];
  const values: number[] = [];
  const errors: number[] = [];
  const [stepLeft, stepRight] = [left.values.length === 1 ? 0 : 1, right.values.length === 1 ? 0 : 1];
  for (let index = 0; index < size; index++) {
    const [l, r] = [index * stepLeft, index * stepRight];
    const value = apply(left.values[l], right.values[r]);
    values.push(value);
    errors.push(
      binaryError(operator, left.values[l], right.values[r], left.errors[l], right.errors[r], Math.abs(value)),
    );
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
    case 'atan2':
      return (Math.abs(v) * errorU + Math.abs(u) * errorV) / (u * u + v * v || 1) + size;
    case 'where':
      return u > 0 ? errorV : 0;
  }
}
