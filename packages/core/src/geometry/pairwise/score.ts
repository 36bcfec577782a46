import { add, column, type Expression, mul, parameter, sub } from '../../formula/expression.js';
import { simplify } from '../../formula/simplify.js';

/** log b_j + (g_j - C_ij) / eps. What depends on the column alone is kept together: it is computed once a column. */
export const scoreOf = (cost: Expression): Expression => {
  const inverse = parameter('inverseEpsilon');
  return simplify(sub(add(column('logWeight'), mul(inverse, column('potential'))), mul(inverse, cost)));
};
