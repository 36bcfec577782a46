import {
  argumentsOf,
  binary,
  column,
  component,
  constant,
  type Expression,
  optionalOperators,
  parameter,
  reduced,
  reducedLogSumExp,
  row,
  sum,
  unary,
} from '@sinkhorn/core';
import { FleetError } from './errors.js';
import { limits } from './limits.js';

/** A node of a formula as plain data; what it is computed from are indices of nodes before it. */
export type FormulaNode =
  | readonly ['row' | 'column' | 'pair' | 'reduced', string, number]
  | readonly ['parameter', string]
  | readonly ['constant', ...(number | '-0')[]]
  | readonly ['unary', string, number]
  | readonly ['binary', string, number, number]
  | readonly ['sum', number]
  | readonly ['component', number, number];

/** Formulas as a list of nodes, each distinct one once, and the index of each formula. */
export interface FormulaNodes {
  readonly nodes: readonly FormulaNode[];
  readonly roots: readonly number[];
}

const UNARY: readonly string[] = [
  ...['neg', 'abs', 'sign', 'sqrt', 'rsqrt', 'square', 'exp', 'log'],
  ...optionalOperators.filter((operator) => operator !== 'atan2' && operator !== 'where'),
];
const BINARY: readonly string[] = ['add', 'sub', 'mul', 'div', 'min', 'max', 'atan2', 'where'];

/** Formulas as plain data. Without recursion: trees may be deep. */
export function nodesOf(formulas: readonly Expression[]): FormulaNodes {
  const places = new Map<Expression, number>();
  const nodes: FormulaNode[] = [];
  for (const formula of formulas) {
    const open: Expression[] = [formula];
    while (open.length > 0) {
      const node = open[open.length - 1];
      const missing = places.has(node) ? [] : argumentsOf(node).filter((argument) => !places.has(argument));
      if (missing.length > 0) {
        open.push(...missing);
        continue;
      }
      open.pop();
      if (places.has(node)) continue;
      places.set(node, nodes.length);
      nodes.push(plain(node, (argument) => places.get(argument) as number));
    }
  }
  return { nodes, roots: formulas.map((formula) => places.get(formula) as number) };
}

function plain(node: Expression, placeOf: (argument: Expression) => number): FormulaNode {
  switch (node.type) {
    case 'variable':
      return [node.side, node.name, node.size];
    case 'parameter':
      return ['parameter', node.name];
    case 'constant':
      return ['constant', ...node.values.map((value) => (Object.is(value, -0) ? '-0' : value))];
    case 'unary':
      return ['unary', node.operator, placeOf(node.argument)];
    case 'binary':
      return ['binary', node.operator, placeOf(node.left), placeOf(node.right)];
    case 'sum':
      return ['sum', placeOf(node.argument)];
    case 'component':
      return ['component', placeOf(node.argument), node.index];
  }
}

/**
 * The formulas that plain data represents, made anew by the functions of the language, which check names and sizes.
 *
 * @param replaced - what represents a variable, where it is another expression.
 * @throws FleetError for anything that is no formula, and for one with too many nodes.
 */
export function formulasOf(
  data: unknown,
  replaced?: (side: string, name: string) => Expression | undefined,
): Expression[] {
  const { nodes, roots } = (typeof data === 'object' && data !== null ? data : {}) as Partial<FormulaNodes>;
  if (!Array.isArray(nodes) || !Array.isArray(roots))
    throw new FleetError('INVALID_TILE', 'a formula is no list of nodes');
  if (nodes.length > limits.nodes || roots.length > 4) {
    throw new FleetError('TOO_LARGE', `a formula has ${nodes.length} nodes: ${limits.nodes} are allowed`);
  }
  const made: Expression[] = [];
  const at = (index: unknown): Expression => {
    const found = Number.isInteger(index) ? made[index as number] : undefined;
    if (!found)
      throw new FleetError('INVALID_TILE', `a formula has no node ${String(index)} before the one that uses it`);
    return found;
  };
  try {
    for (const node of nodes) made.push(nodeOf(node, at, replaced));
  } catch (error) {
    if (error instanceof FleetError) throw error;
    throw new FleetError('INVALID_TILE', `a formula does not fit together: ${(error as Error).message}`);
  }
  return roots.map(at);
}

function nodeOf(
  node: unknown,
  at: (index: unknown) => Expression,
  replaced?: (side: string, name: string) => Expression | undefined,
): Expression {
  const [type, first, second, third] = Array.isArray(node) ? node : [];
  const variable = (make: (name: string, size: number) => Expression) => {
    if (typeof second !== 'number' || second > limits.size) {
      throw new FleetError('TOO_LARGE', `a variable of size ${String(second)}: up to ${limits.size} are allowed`);
    }
    return replaced?.(type, String(first)) ?? make(String(first), second);
  };
  switch (type) {
    case 'row':
      return variable(row);
    case 'column':
      return variable(column);
    case 'reduced':
      return first === 'logSumExp' ? reducedLogSumExp() : variable((_, size) => reduced(size));
    case 'parameter':
      return parameter(String(first));
    case 'constant': {
      const values = (node as unknown[]).slice(1).map((value) => (value === '-0' ? -0 : value));
      if (values.length > limits.size || values.some((value) => typeof value !== 'number')) break;
      return constant(values as number[]);
    }
    case 'unary':
      if (!UNARY.includes(first)) break;
      return unary(first, at(second));
    case 'binary':
      if (!BINARY.includes(first)) break;
      return binary(first, at(second), at(third));
    case 'sum':
      return sum(at(first));
    case 'component':
      return component(at(first), second);
  }
  throw new FleetError('INVALID_TILE', 'a formula has a node of no known kind');
}
