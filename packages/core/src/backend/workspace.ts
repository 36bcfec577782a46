import type { Expression } from '../formula/expression.js';
import type { Backend, DeviceArray, Reduction } from './backend.js';

/**
 * The arrays of one computation: everything uploaded or reduced through it is freed together at the end, whether it
 * ends well or not.
 */
export interface Workspace {
  readonly backend: Backend;
  /** How many reductions over pairs were dispatched so far: what a computation costs. Who asks the backend by other ways adds to it. */
  reductions: number;
  upload(values: ArrayLike<number>, shape: readonly number[]): DeviceArray;
  /** A reduction over pairs. */
  reduce(reduction: Reduction): readonly DeviceArray[];
  /** An expression of row variables and of scalars, which are arrays with one entry an element of the batch. */
  map(
    expression: Expression,
    rows: Readonly<Record<string, DeviceArray>>,
    parameters?: Readonly<Record<string, number>>,
    scalars?: Readonly<Record<string, DeviceArray>>,
  ): DeviceArray;
  /** The sum of an expression of column variables over all columns: one entry an element of the batch. */
  total(
    expression: Expression,
    columns: Readonly<Record<string, DeviceArray>>,
    parameters?: Readonly<Record<string, number>>,
  ): DeviceArray;
  /** The logarithm of the sum of the exponentials of an expression of column variables, likewise. */
  logTotal(
    expression: Expression,
    columns: Readonly<Record<string, DeviceArray>>,
    parameters?: Readonly<Record<string, number>>,
  ): DeviceArray;
  /** Takes over an array of the backend that was made elsewhere. */
  hold<A extends DeviceArray>(array: A): A;
  /** Hands arrays over to the caller, who frees them. */
  keep(...arrays: readonly DeviceArray[]): void;
  /** Frees arrays before the end; those that are not there are skipped. */
  release(...arrays: readonly (DeviceArray | undefined)[]): void;
  releaseAll(): void;
}

/**
 * A workspace with nothing in it yet: release it in a `finally`.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { formula } from '@sinkhorn/core';
 * import { workspace } from '@sinkhorn/core/extend';
 *
 * const space = workspace(cpu());
 * try {
 *   const squares = space.map(formula.square(formula.row('u')), { u: space.upload([1, 2, 3], [3, 1]) });
 *   if ((await space.backend.read(squares))[2] !== 9) throw new Error('unexpected');
 * } finally {
 *   space.releaseAll();
 * }
 * ```
 */
export function workspace(backend: Backend): Workspace {
  const held = new Set<DeviceArray>();
  const hold = <A extends DeviceArray>(array: A): A => {
    held.add(array);
    return array;
  };
  const dispatch = (reduction: Reduction) => {
    const results = backend.reduce(reduction);
    results.forEach(hold);
    return results;
  };
  const space: Workspace = {
    backend,
    hold,
    reductions: 0,
    upload: (values, shape) => hold(backend.array(values, shape)),
    reduce(reduction) {
      space.reductions += 1;
      return dispatch(reduction);
    },
    map: (expression, rows, parameters = {}, scalars = {}) =>
      dispatch({ kind: 'sum', value: expression, rows, columns: scalars, parameters })[0],
    total: (expression, columns, parameters = {}) =>
      dispatch({ kind: 'sum', value: expression, rows: {}, columns, parameters })[0],
    logTotal: (expression, columns, parameters = {}) =>
      dispatch({ kind: 'logSumExp', score: expression, rows: {}, columns, parameters })[0],
    keep(...arrays) {
      for (const array of arrays) held.delete(array);
    },
    release(...arrays) {
      for (const array of arrays) {
        if (array && held.delete(array)) backend.release(array);
      }
    },
    releaseAll() {
      for (const array of held) backend.release(array);
      held.clear();
    },
  };
  return space;
}
