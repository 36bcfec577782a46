import {
  abs,
  add,
  binary,
  column,
  div,
  type Expression,
  mul,
  type OptionalOperator,
  optionalOperators,
  parameter,
  row,
  sqrt,
  UnsupportedError,
  unary,
  where,
} from '@sinkhorn/core';
import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { check } from '../../support/check.js';
import { checkReduction } from '../../support/checkReduction.js';
import { type HostReduction, hostArray } from '../../support/hostReduction.js';
import { sideBySide } from '../../support/sideBySide.js';

/** Around 0, the ends of acos, whole numbers, quarters of a turn and where a function has come to its limit. */
const ROWS = [0, 1e-3, -0.3, 0.75, -0.75, 1, -1, 1.0000001, -1.5, 2.6, -4.2, 7, -40.5, 999.25];
const COLUMNS = [0.3, -0.99, -2, 5.5, 0];
const PARAMETER = -0.6;

type Ways = Readonly<Record<string, Expression>>;

/** The ways in which numbers reach an operator. */
function waysOf(operator: OptionalOperator): Ways {
  const [u, v, s] = [row('u'), column('v'), parameter('s')];
  if (operator === 'atan2' || operator === 'where') {
    const apply = (one: Expression, two: Expression) => binary(operator, one, two);
    const ways = { 'row and column': apply(u, v), 'column and row': apply(v, u), 'row and parameter': apply(u, s) };
    if (operator === 'atan2') return { ...ways, 'row and the same': apply(u, u), 'parameter and row': apply(s, u) };
    return {
      ...ways,
      'NaN not taken': where(u, sqrt(u), div(u, add(1, abs(v)))),
      'column alone': where(v, sqrt(v), s),
    };
  }
  const apply = (argument: Expression) => unary(operator, argument);
  const ways = { row: apply(u), column: apply(v), parameter: apply(s) };
  return operator === 'floor' ? ways : { ...ways, 'row times column': apply(mul(u, v)) };
}

function reductionOf({ backend }: Subject, ways: readonly (readonly [string, Expression])[]) {
  const { value, names } = sideBySide(ways.map(([name, expression]) => ({ name, expression, length: 1 })));
  const reduction: HostReduction = {
    kind: 'sum',
    value,
    rows: { u: hostArray(backend, [ROWS.length, 1], (index) => ROWS[index]) },
    columns: { v: hostArray(backend, [COLUMNS.length, 1], (index) => COLUMNS[index]) },
    parameters: { s: PARAMETER },
  };
  return { reduction, names };
}

const named = (operator: OptionalOperator) =>
  Object.entries(waysOf(operator)).map(([name, expression]) => [`${operator} of ${name}`, expression] as const);

/** An operator that the manifest does not list may be there or not, but it is never wrong. */
async function checkRightOrRefused(subject: Subject, operator: OptionalOperator): Promise<void> {
  const { reduction, names } = reductionOf(subject, named(operator));
  try {
    await checkReduction(subject, `${operator}, which the manifest does not list`, reduction, {
      names,
      everyRow: true,
    });
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    check(error.message.includes(operator), `refusing ${operator}, the error has to name it: ${error.message}`);
  }
}

/** Operators that a backend may do without. */
export const optionalOperatorTests: readonly ConformanceTest[] = [
  {
    id: 'formula/optional-operators',
    title: `${optionalOperators.join(', ')}: right where the manifest lists them, otherwise right or refused by name`,
    async run(subject) {
      const { operators } = subject;
      if (operators.length > 0) {
        const { reduction, names } = reductionOf(subject, operators.flatMap(named));
        await checkReduction(subject, 'optional operators', reduction, { names, everyRow: true });
      }
      for (const operator of optionalOperators) {
        if (!operators.includes(operator)) await checkRightOrRefused(subject, operator);
      }
    },
  },
];
