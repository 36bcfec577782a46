import {
  add,
  type Backend,
  column,
  type Expression,
  exp,
  mul,
  neg,
  parameter,
  type ReductionKind,
  reduced,
  row,
  squaredDistance,
  sub,
} from '@sinkhorn/core';
import { type HostReduction, hostArray } from '../../support/hostReduction.js';
import { random } from '../../support/random.js';

export const KINDS: readonly ReductionKind[] = ['logSumExp', 'softmaxMean', 'sum', 'min'];

/** What transport asks of each kind: scores of points and log weights, values that are vectors of both points. */
function pairFormula(kind: ReductionKind, dimension: number): { score?: Expression; value?: Expression } {
  const x = row('x', dimension);
  const y = column('y', dimension);
  const distance = mul(parameter('inverse'), squaredDistance(x, y));
  const score = kind === 'min' ? add(column('w'), distance) : sub(column('w'), distance);
  switch (kind) {
    case 'softmaxMean':
      return { score, value: mul(row('s'), sub(x, y)) };
    case 'sum':
      return { value: mul(mul(column('w'), exp(neg(distance))), sub(x, y)) };
    default:
      return { score };
  }
}

/** How large the problem is; a batch that is absent leaves arrays without the leading axis. */
export interface Size {
  readonly rows: number;
  readonly columns: number;
  readonly dimension: number;
  readonly batch?: number;
  /** Which sides carry the batch axis; both when absent. */
  readonly batched?: { readonly rows: boolean; readonly columns: boolean };
}

/** A reduction of the pair formula over random arrays. */
export function pairReduction(
  backend: Backend,
  kind: ReductionKind,
  { rows, columns, dimension, batch, batched = { rows: true, columns: true } }: Size,
): HostReduction {
  const { uniform } = random(1 + rows + 7 * columns + 13 * dimension);
  const shape = (side: 'rows' | 'columns', size: number) => {
    const count = side === 'rows' ? rows : columns;
    return batch !== undefined && batched[side] ? [batch, count, size] : [count, size];
  };
  const array = (side: 'rows' | 'columns', size: number) => hostArray(backend, shape(side, size), () => uniform(-1, 1));
  return {
    kind,
    ...pairFormula(kind, dimension),
    rows: { x: array('rows', dimension), s: array('rows', 1) },
    columns: { y: array('columns', dimension), w: array('columns', 1) },
    parameters: { inverse: 3 / dimension },
  };
}

/** A finish that uses the result, a row variable and a parameter. */
export const finishFor = (kind: ReductionKind, dimension: number): Expression => {
  const size = kind === 'softmaxMean' || kind === 'sum' ? dimension : 1;
  return add(mul(parameter('inverse'), reduced(size)), mul(row('s'), row('x', dimension)));
};
