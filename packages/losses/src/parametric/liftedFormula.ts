import {
  add,
  binary,
  component,
  constant,
  type Expression,
  InvalidFormulaError,
  InvalidOptionError,
  row,
  unary,
} from '@sinkhorn/core';
import { checkedFormula } from '../checkedFormula.js';
import type { ParametricFormula } from '../parameters.js';
import { type Layout, shown } from './layout.js';

/** One component of a node, as a number of its own. */
type At = (component: number) => Expression;

/**
 * A formula of two points and of parameters as one of lifted points, which carry half of each parameter behind their coordinates: what both
 * carry adds up to the parameter, the formula stays symmetric where it was, and all derivatives in parameters are derivatives in points.
 *
 * It is written component by component, since formulas have no part of a vector but a component. That is the same arithmetic; a
 * gradient in points of L components is a sum of L numbers times unit vectors, though: L^2 products where a backend does not leave out those with 0.
 */
export function liftedFormula(
  option: string,
  make: ParametricFormula,
  layout: Layout,
): (x: Expression, y: Expression) => Expression {
  return (x, y) => {
    const dimension = x.size - layout.size;
    const [first, second] = [row('x', dimension), row('y', dimension)];
    const leaves = new Map<Expression, At>([
      [first, (index) => component(x, index)],
      [second, (index) => component(y, index)],
    ]);
    const vector = (from: number, size: number): Expression => {
      const leaf = row(`parameter${from}`, size);
      leaves.set(leaf, (index) => {
        const at = dimension + from + index;
        return add(component(x, at), component(y, at));
      });
      return leaf;
    };
    const given: Record<string, Expression | readonly Expression[]> = {};
    for (const { name, shape, from, size } of layout.places) {
      const [rows, columns] = shape;
      given[name] =
        columns === undefined
          ? vector(from, size)
          : Array.from({ length: rows }, (_, r) => vector(from + r * columns, columns));
    }
    const formula = checkedFormula(option, (u, v) =>
      inSizes(option, dimension, layout, () => make(u, v, named(option, given))),
    )(first, second);
    return scalar(formula, leaves);
  };
}

/** What a formula makes, with the sizes of what it was given in its error. @throws InvalidFormulaError */
function inSizes(option: string, dimension: number, { places }: Layout, made: () => Expression): Expression {
  try {
    return made();
  } catch (error) {
    if (!(error instanceof InvalidFormulaError)) throw error;
    const told = places.map(({ name, shape }) => `parameters.${name} is ${shown(shape)}`);
    throw new InvalidFormulaError(
      `${option}, for points of ${dimension} coordinates: ${error.message}; ${told.join(', ')}`,
    );
  }
}

/** Parameters by name, which say of others that they are not there. @throws InvalidOptionError */
const named = <Given extends object>(option: string, given: Given): Given =>
  new Proxy(given, {
    get(all, name, self) {
      if (typeof name === 'string' && !Object.hasOwn(all, name)) {
        throw new InvalidOptionError(
          `${option} reads the parameter '${name}', and parameters has ${Object.keys(all).join(', ')}: give it a value there`,
        );
      }
      return Reflect.get(all, name, self);
    },
  });

/** A formula that is a number, with every vector taken apart. */
function scalar(root: Expression, leaves: ReadonlyMap<Expression, At>): Expression {
  const known = new Map<Expression, Expression[]>();
  const at = (node: Expression, index: number): Expression => {
    const all = known.get(node) ?? [];
    known.set(node, all);
    all[index] ??= compute(node, index);
    return all[index];
  };
  const compute = (node: Expression, index: number): Expression => {
    const part = (of: Expression) => at(of, of.size === 1 ? 0 : index);
    switch (node.type) {
      case 'constant':
        return constant(node.values[index]);
      case 'unary':
        return unary(node.operator, part(node.argument));
      case 'binary':
        return binary(node.operator, part(node.left), part(node.right));
      case 'component':
        return at(node.argument, node.index);
      case 'sum':
        return sumOf(node.argument, 0, node.argument.size);
      default:
        return leaves.get(node)?.(index) ?? node;
    }
  };
  // In halves: rounding of many terms grows as their logarithm, and no term waits for all others.
  const sumOf = (vector: Expression, from: number, to: number): Expression => {
    if (to - from === 1) return at(vector, from);
    const middle = (from + to) >> 1;
    return add(sumOf(vector, from, middle), sumOf(vector, middle, to));
  };
  return at(root, 0);
}
