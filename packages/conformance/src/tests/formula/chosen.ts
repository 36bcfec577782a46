import { add, type Backend, component, type Expression, mul, row } from '@sinkhorn/core';
import { type HostArray, hostArray } from '../../support/hostReduction.js';

/** Several formulas as one that a backend compiles once: the row variable `chosen` says which of them a row is about. */
export function chosen(formulas: readonly Expression[]): Expression {
  const which = row('chosen', formulas.length);
  return formulas
    .map((formula, index) => (formulas.length === 1 ? mul(which, formula) : mul(component(which, index), formula)))
    .reduce((sum, term) => add(sum, term));
}

/** The row variable `chosen`: the formulas in turn. */
export const choices = (backend: Backend, rows: number, formulas: number): HostArray =>
  hostArray(backend, [rows, formulas], (index) =>
    Math.floor(index / formulas) % formulas === index % formulas ? 1 : 0,
  );
