import { add, constant, type Expression, mul } from '@sinkhorn/core';

/** A formula that fills some components of a vector: all of its own, or a number that fills one. */
export interface Part {
  readonly name: string;
  readonly expression: Expression;
  readonly length: number;
}

/**
 * Several formulas as one, each in components of its own, so that a backend compiles them together. Vectors have the size of
 * the whole; of each only its part is left.
 */
export function sideBySide(parts: readonly Part[]): { value: Expression; names: readonly string[] } {
  const names = parts.flatMap(({ name, length }) => new Array<string>(length).fill(name));
  const terms = parts.map(({ expression }, index) =>
    mul(
      constant(parts.flatMap(({ length }, part) => new Array<number>(length).fill(part === index ? 1 : 0))),
      expression,
    ),
  );
  return { value: terms.reduce((sum, term) => add(sum, term)), names };
}
