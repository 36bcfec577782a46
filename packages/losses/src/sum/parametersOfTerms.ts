import { InvalidOptionError } from '@sinkhorn/core';
import type { Term } from '../sumOfLosses.js';
import { addTo } from './addTo.js';

type Named<Value> = Readonly<Record<string, Value>>;

/** Those of some values that a term has the parameters of; undefined where it has none of them. */
export function ofTerm<Value>(
  { engine: { parameterNames = [] } }: Term,
  values: Named<Value>,
): Named<Value> | undefined {
  const own = Object.entries(values).filter(([name]) => parameterNames.includes(name));
  return own.length > 0 ? Object.fromEntries(own) : undefined;
}

/** @throws InvalidOptionError for values of a parameter that no term has. */
export function checkNamesOf(terms: readonly Term[], values: Named<unknown>): void {
  if (typeof values !== 'object' || values === null || Array.isArray(values) || ArrayBuffer.isView(values)) {
    throw new InvalidOptionError('parameters is no object of numbers: give names and values, such as { scale: 2 }');
  }
  const names = new Set(terms.flatMap(({ engine }) => engine.parameterNames ?? []));
  const unknown = Object.keys(values).find((name) => !names.has(name));
  if (unknown === undefined) return;
  throw new InvalidOptionError(
    `parameters has '${unknown}': the losses were made with ${[...names].join(', ') || 'none'}`,
  );
}

/**
 * Adds up gradients in parameters over all terms. Terms that use the same name share one parameter. Undefined where no term has parameters.
 *
 * @throws InvalidOptionError where terms have parameters of one name and different sizes.
 */
export function parametersAddedUp(
  terms: readonly Term[],
  parts: readonly (Named<Float64Array> | undefined)[],
): Named<Float64Array> | undefined {
  const totals: Record<string, Float64Array> = {};
  for (const [index, { weight }] of terms.entries()) {
    for (const [name, values] of Object.entries(parts[index] ?? {})) {
      totals[name] ??= new Float64Array(values.length);
      if (totals[name].length !== values.length) {
        throw new InvalidOptionError(
          `parameters.${name} has ${values.length} numbers in term ${index} and ${totals[name].length} before: give parameters of different shapes different names`,
        );
      }
      addTo(totals[name], values, weight);
    }
  }
  return parts.some(Boolean) ? totals : undefined;
}
