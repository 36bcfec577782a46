import { argumentsOf, type Cost, type Expression, InvalidOptionError } from '@sinkhorn/core';

/** A formula of two points that is looked at when it is made: a function that computes numbers gives none. */
export function checkedFormula(option: string, make: Cost): Cost {
  return (x, y) => {
    const made: unknown = withoutParameters(option, make, () => make(x, y));
    if (!isExpression(made)) {
      throw new InvalidOptionError(
        `${option} returned ${named(made)}, not a formula: it gets two points as expressions, not numbers; ` +
          'write it with formula, such as (x, y) => formula.sum(formula.abs(formula.sub(x, y)))',
      );
    }
    if (made.size !== 1) {
      throw new InvalidOptionError(
        `${option} returned a vector of ${made.size} numbers: return one number for two points, such as its formula.sum`,
      );
    }
    const parameter = parameterIn(made);
    if (parameter === undefined) return made;
    throw new InvalidOptionError(
      `${option} has the parameter '${parameter}', which nothing gives a value: put the number itself into the formula, and make a new loss for another one`,
    );
  };
}

function named(made: unknown): string {
  if (typeof made === 'number') return `the number ${made}`;
  if (made === undefined || made === null) return 'nothing';
  return typeof made === 'object' ? 'an object' : `a ${typeof made}`;
}

/** What a formula makes of two points alone. @throws InvalidOptionError where it reads parameters: they would be its third argument. */
function withoutParameters(option: string, { length }: Cost, made: () => unknown): unknown {
  try {
    return made();
  } catch (error) {
    if (length < 3 || !(error instanceof TypeError)) throw error;
    throw new InvalidOptionError(
      `${option} reads parameters, its third argument, and there are none (${error.message}): give parameters, such as { scale: 2 }`,
    );
  }
}

const isExpression = (value: unknown): value is Expression =>
  typeof value === 'object' && value !== null && 'type' in value && 'size' in value;

function parameterIn(root: Expression): string | undefined {
  const nodes = new Set([root]);
  for (const node of nodes) {
    if (node.type === 'parameter') return node.name;
    for (const argument of argumentsOf(node)) nodes.add(argument);
  }
  return undefined;
}
