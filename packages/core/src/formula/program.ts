import { argumentsOf, type Expression } from './expression.js';
import { variationOfVariable } from './variation.js';

/** One step of a program: a node of the tree whose arguments are the results of earlier steps. */
export interface Instruction {
  readonly node: Expression;
  /** Indices of the instructions that compute the node's arguments. */
  readonly operands: readonly number[];
  /** Whether the result differs from row to row. */
  readonly varies: { readonly byRow: boolean; readonly byColumn: boolean };
}

/** A formula as a list of steps: each distinct sub-expression computed once, arguments before their users. */
export interface Program {
  readonly instructions: readonly Instruction[];
  /** Index of the instruction that computes each of the expressions asked for. */
  readonly outputs: readonly number[];
  /** A text that is equal for equal formulas, whatever objects they are made of: the key for compiled kernels. */
  readonly key: string;
}

/**
 * The steps that compute some expressions together, with every common sub-expression computed once.
 *
 * What varies by one side only can be hoisted out of the loop over pairs; a backend generates its code from this list.
 *
 * @example
 * ```ts
 * import { column, program, row, squaredDistance } from '@sinkhorn/core';
 *
 * const { instructions } = program([squaredDistance(row('x', 3), column('y', 3))]);
 * const steps = instructions.map(({ node }) => (node.type === 'unary' || node.type === 'binary' ? node.operator : node.type));
 * if (steps.join() !== 'variable,variable,sub,square,sum') throw new Error('unexpected');
 * ```
 */
export function program(expressions: readonly Expression[]): Program {
  const instructions: Instruction[] = [];
  const texts: string[] = [];
  const byText = new Map<string, number>();
  const byNode = new Map<Expression, number>();
  const visit = (node: Expression): number => {
    const found = byNode.get(node);
    if (found !== undefined) return found;
    const operands = argumentsOf(node).map(visit);
    const text = `${label(node)}(${operands.join(',')})`;
    let index = byText.get(text);
    if (index === undefined) {
      index = instructions.length;
      instructions.push({ node, operands, varies: variation(node, operands, instructions) });
      texts.push(text);
      byText.set(text, index);
    }
    byNode.set(node, index);
    return index;
  };
  const outputs = expressions.map(visit);
  return { instructions, outputs, key: `${texts.join(';')}>${outputs.join(',')}` };
}

/**
 * A text that is equal for structurally equal expressions.
 *
 * @example
 * ```ts
 * import { add, expressionKey, row } from '@sinkhorn/core';
 *
 * if (expressionKey(add(row('u'), 1)) !== expressionKey(add(row('u'), 1))) throw new Error('unexpected');
 * ```
 */
export const expressionKey = (expression: Expression): string => program([expression]).key;

function label(node: Expression): string {
  switch (node.type) {
    case 'variable':
      return `${node.side}:${node.name}:${node.size}`;
    case 'parameter':
      return `parameter:${node.name}`;
    case 'constant':
      return `constant:${node.values.map((value) => (Object.is(value, -0) ? '-0' : value)).join(':')}`;
    case 'component':
      return `component:${node.index}`;
    case 'sum':
      return 'sum';
    default:
      return node.operator;
  }
}

function variation(
  node: Expression,
  operands: readonly number[],
  instructions: readonly Instruction[],
): Instruction['varies'] {
  if (node.type === 'variable') return variationOfVariable(node.side);
  return {
    byRow: operands.some((index) => instructions[index].varies.byRow),
    byColumn: operands.some((index) => instructions[index].varies.byColumn),
  };
}
