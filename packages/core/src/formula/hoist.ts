import { argumentsOf, column, type Expression, type Variable } from './expression.js';
import { expressionKey } from './program.js';
import { rewrite } from './rewrite.js';
import { variationOf } from './variation.js';

/** A column variable, and what it represents: to be computed once for each column. */
export interface HoistedVariable {
  readonly variable: Variable;
  readonly expression: Expression;
}

/**
 * Takes what depends on columns alone out of formulas over pairs, as column variables of its own. Vectors that columns
 * bring along are among it: the loop over pairs wants the same component of neighbouring columns side by side.
 *
 * @example
 * ```ts
 * import { add, column, exp, hoist, row } from '@sinkhorn/core';
 *
 * const { variables } = hoist([add(row('u'), exp(column('v')))]);
 * if (variables.length !== 1 || variables[0].expression.type !== 'unary') throw new Error('unexpected');
 * ```
 */
export function hoist(expressions: readonly Expression[]): {
  readonly expressions: readonly Expression[];
  readonly variables: readonly HoistedVariable[];
} {
  const variation = variationOf();
  const taken = variableNames(expressions);
  const hoisted = new Map<string, HoistedVariable>();
  const replace = (node: Expression): Expression | undefined => {
    const { byRow, byColumn } = variation(node);
    if (!byColumn || byRow || (node.type === 'variable' && node.size === 1)) return undefined;
    // A component of a vector is read from where the vector is.
    if (node.type === 'component' && node.argument.type === 'variable') return undefined;
    const key = expressionKey(node);
    let found = hoisted.get(key);
    if (!found) {
      let name = `hoisted${hoisted.size}`;
      while (taken.has(name)) name = `${name}x`;
      found = { variable: column(name, node.size), expression: node };
      hoisted.set(key, found);
    }
    return found.variable;
  };
  return {
    expressions: expressions.map((expression) => rewrite(expression, replace)),
    variables: [...hoisted.values()],
  };
}

/** Looks at each node once: a formula that uses its parts again and again has far more paths than nodes. */
function variableNames(expressions: readonly Expression[]): Set<string> {
  const nodes = new Set(expressions);
  for (const node of nodes) for (const argument of argumentsOf(node)) nodes.add(argument);
  return new Set([...nodes].flatMap((node) => (node.type === 'variable' ? [node.name] : [])));
}
