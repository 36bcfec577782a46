import type { BinaryOperator, Expression, Instruction, Program, Variable } from '@sinkhorn/core';
import { type Constants, exponential, exponentialInBits } from '../arithmetic/exponential.js';
import type { Lanes } from '../arithmetic/lanes.js';
import { logarithm } from '../arithmetic/logarithm.js';
import type { FunctionBuilder, Local } from '../encoding/functionBuilder.js';
import { i32 } from '../encoding/i32.js';
import { type Vector, v128 } from '../encoding/v128.js';
import { exponentInBits } from './powersOfTwo.js';

/** Vectors of up to this many components are held in variables; longer ones are computed component by component. */
export const UNROLLED_SIZE = 8;

/** Which component of a vector: one known now, or the one that a loop has come to. */
export type Component = number | Local<'i32'>;

/** Where a formula's leaves are found. */
export interface Leaves {
  /** A component of a variable, for one of the rows that are computed together. */
  variable(node: Variable, component: Component, row: number): Vector;
  parameter(name: string): Vector;
  /** A component of a vector that is the same for all pairs. */
  constant(values: readonly number[], component: Component): Vector;
  /** The inner products of a long vector of each row at hand with one of the column, where there is a loop of its own for them. */
  products?(row: Variable, column: Variable): readonly Vector[] | undefined;
}

/** Decides which instructions are meant. */
export type Selection = (index: number, instruction: Instruction) => boolean;

/** A program turned into code for several rows at once, part by part. */
export interface FormulaCode {
  /** Emits the instructions selected, each into variables of its own; those with long vectors wait for their use. */
  emit(selection: Selection): void;
  /** The value of an instruction, or one component of it, for one of the rows. */
  value(index: number, row: number, component?: Component): Vector;
  /** Lets an instruction's values, one for each row, be found elsewhere, until they are forgotten. */
  replace(index: number, values: readonly Vector[]): void;
  /** Emits a loop over components. */
  eachComponent(size: number, body: (component: Local<'i32'>) => void): void;
  /** Forgets what was emitted: it is not valid any more, or not any faster than to compute it again. */
  forget(selection: Selection): void;
  /** Whether an instruction gathers numbers into a long vector: most of its components leave out most of its terms. */
  isGathered(index: number): boolean;
}

/** The instructions that some of a program's outputs need, themselves included. */
export function reachable(
  { instructions }: Pick<Program, 'instructions'>,
  outputs: readonly number[],
): ReadonlySet<number> {
  const found = new Set<number>();
  const visit = (index: number) => {
    if (found.has(index)) return;
    found.add(index);
    instructions[index].operands.forEach(visit);
  };
  outputs.forEach(visit);
  return found;
}

/** Code for a program, over `rows` rows at once; what varies by column alone is computed once for all of them. */
export function formulaCode(
  builder: FunctionBuilder,
  lanes: Lanes,
  constants: Constants,
  { instructions }: Program,
  leaves: Leaves,
  rows: number,
): FormulaCode {
  // By instruction, row and component.
  const known = new Map<number, readonly (readonly Vector[])[]>();

  const sizeOf = (index: number) => instructions[index].node.size;
  const zeros = zeroComponents(instructions);
  const shared = (index: number) => !instructions[index].varies.byRow;

  const value = (index: number, row: number, component: Component = 0): Vector => {
    const values = known.get(index)?.[row];
    if (values) {
      if (values.length === 1) return values[0];
      if (typeof component === 'number') return values[component];
    }
    return compute(index, row, component);
  };

  const compute = (index: number, row: number, component: Component): Vector => {
    const { node, operands } = instructions[index];
    if (typeof component === 'number' && zeros[index]?.[component]) return constants(0);
    switch (node.type) {
      case 'variable':
        return variable(index, node, row, component);
      case 'parameter':
        return leaves.parameter(node.name);
      case 'constant':
        return leaves.constant(node.values, node.size === 1 ? 0 : component);
      case 'unary': {
        const [argument] = operands;
        if (node.operator === 'exp' && exponentInBits(instructions[argument].node)) {
          const [, exponent] = instructions[argument].operands;
          return exponentialInBits(builder, lanes, constants, value(exponent, row));
        }
        return applyUnary(node.operator, value(argument, row, component));
      }
      case 'binary':
        return (
          alone(index, row, component) ??
          fused(index, row, component) ??
          applyBinary(node.operator, ...both(operands, row, component))
        );
      case 'component':
        return value(operands[0], row, node.index);
      case 'sum':
        throw new Error('a sum over components is emitted before it is used');
    }
  };

  /** Loads of one column's component, in a loop over components, are shared by the rows. */
  let loads: Map<number, Vector> | undefined;

  const variable = (index: number, node: Variable, row: number, component: Component): Vector => {
    if (node.size === 1) return leaves.variable(node, 0, row);
    if (typeof component === 'number' || !loads || !shared(index)) return leaves.variable(node, component, row);
    const loaded = loads.get(index) ?? builder.local(leaves.variable(node, component, row));
    loads.set(index, loaded);
    return loaded;
  };

  const both = (operands: readonly number[], row: number, component: Component): [Vector, Vector] => [
    value(operands[0], row, sizeOf(operands[0]) === 1 ? 0 : component),
    value(operands[1], row, sizeOf(operands[1]) === 1 ? 0 : component),
  ];

  /** The one operand that is left of a sum with 0, of a difference less 0, or of a product with 1, in this component. */
  const alone = (index: number, row: number, component: Component): Vector | undefined => {
    const { node, operands } = instructions[index];
    if (node.type !== 'binary' || typeof component !== 'number') return undefined;
    const isZero = (operand: number) => zeros[operand]?.[component] === true;
    const isOne = (operand: number) => {
      const { node: part } = instructions[operand];
      return part.type === 'constant' && part.size > 1 && part.values[component] === 1;
    };
    const [left, right] = operands;
    const part = (operand: number) => value(operand, row, sizeOf(operand) === 1 ? 0 : component);
    if (node.operator === 'add' || node.operator === 'sub') {
      if (isZero(right)) return part(left);
      if (isZero(left)) return node.operator === 'add' ? part(right) : lanes.neg(part(right));
    }
    if (node.operator === 'mul' && (isOne(left) || isOne(right))) return part(isOne(left) ? right : left);
    return undefined;
  };

  /** A sum or difference with a product that nothing else has asked for, as one multiply-add. */
  const fused = (index: number, row: number, component: Component): Vector | undefined => {
    const { node, operands } = instructions[index];
    if (node.type !== 'binary' || (node.operator !== 'add' && node.operator !== 'sub')) return undefined;
    const part = (operand: number) => value(operand, row, sizeOf(operand) === 1 ? 0 : component);
    const [left, right] = operands;
    if (isPending(right)) {
      const factors = factorsOf(right, row, component);
      const combine = node.operator === 'add' ? lanes.madd : lanes.nmadd;
      return combine(...factors, part(left));
    }
    if (node.operator === 'add' && isPending(left)) return lanes.madd(...factorsOf(left, row, component), part(right));
    return undefined;
  };

  /** A product or square that was left to its one user. */
  const isPending = (index: number): boolean => !known.has(index) && isProduct(instructions[index].node);

  const factorsOf = (index: number, row: number, component: Component): [Vector, Vector] => {
    const { node, operands } = instructions[index];
    if (node.type !== 'unary') return both(operands, row, component);
    const argument = builder.local(value(operands[0], row, component));
    return [argument, argument];
  };

  const applyUnary = (operator: string, u: Vector): Vector => {
    switch (operator) {
      case 'neg':
        return lanes.neg(u);
      case 'abs':
        return lanes.abs(u);
      case 'sqrt':
        return lanes.sqrt(u);
      case 'floor':
        return lanes.floor(u);
      case 'exp':
        return exponential(builder, lanes, constants, u);
      case 'log':
        return logarithm(builder, lanes, constants, u);
    }
    const argument = builder.local(u);
    const zero = constants(0);
    switch (operator) {
      case 'square':
        return lanes.mul(argument, argument);
      case 'rsqrt':
        return v128.and(lanes.div(constants(1), lanes.sqrt(argument)), lanes.ne(argument, zero));
      case 'sign': {
        const above = v128.and(lanes.gt(argument, zero), constants(1));
        return lanes.sub(above, v128.and(lanes.lt(argument, zero), constants(1)));
      }
    }
    throw new Error(`no code for '${operator}'`);
  };

  const applyBinary = (operator: BinaryOperator, u: Vector, v: Vector): Vector => {
    if (operator === 'where') return v128.and(v, lanes.gt(u, constants(0)));
    if (operator === 'atan2') throw new Error(`no code for '${operator}'`);
    return lanes[operator](u, v);
  };

  /** Adds up components, for all rows together, so that they share what comes from columns. */
  const emitSum = (index: number): readonly (readonly Vector[])[] => {
    const [operand] = instructions[index].operands;
    const each = Array.from({ length: shared(index) ? 1 : rows }, (_, row) => row);
    const size = sizeOf(operand);
    if (size <= UNROLLED_SIZE) return each.map((row) => [builder.local(unrolledSum(operand, row, size))]);
    const products = productsOf(operand);
    if (products) return products.map((total) => [total]);
    const totals = each.map(() => builder.local(constants(0)));
    eachComponent(size, (component) => {
      each.forEach((row) => {
        builder.set(totals[row], addTerm(operand, row, component, totals[row]));
      });
    });
    return totals.map((total) => [total]);
  };

  const productsOf = (index: number): readonly Vector[] | undefined => {
    const { node, operands } = instructions[index];
    if (node.type !== 'binary' || node.operator !== 'mul') return undefined;
    const factors = operands.map((operand) => instructions[operand].node);
    const [row, column] = (['row', 'column'] as const).map((side) =>
      factors.find((factor): factor is Variable => factor.type === 'variable' && factor.side === side),
    );
    return row && column && row.size === column.size ? leaves.products?.(row, column) : undefined;
  };

  const eachComponent = (size: number, body: (component: Local<'i32'>) => void) => {
    const component = builder.local(i32.constant(0));
    builder.repeat(() => {
      loads = new Map();
      body(component);
      loads = undefined;
      builder.set(component, i32.add(component, 1));
      return i32.lt(component, i32.constant(size));
    });
  };

  const unrolledSum = (operand: number, row: number, size: number): Vector => {
    let total = isPending(operand) ? lanes.mul(...factorsOf(operand, row, 0)) : value(operand, row, 0);
    for (let component = 1; component < size; component++) total = addTerm(operand, row, component, total);
    return total;
  };

  const addTerm = (operand: number, row: number, component: Component, total: Vector): Vector =>
    isPending(operand)
      ? lanes.madd(...factorsOf(operand, row, component), total)
      : lanes.add(total, value(operand, row, component));

  const emitOne = (index: number, selection: Selection) => {
    const { node } = instructions[index];
    if (node.type === 'sum') {
      known.set(index, spread(emitSum(index)));
      return;
    }
    if (node.size > UNROLLED_SIZE) return;
    // A product with one user that adds it to something, or takes its exponential in bits, is left to that user.
    if (isProduct(node) && isLeftToUser(index, selection)) return;
    const each = Array.from({ length: shared(index) ? 1 : rows }, (_, row) => row);
    const values = each.map((row) =>
      Array.from({ length: node.size }, (_, component) => builder.local(compute(index, row, component))),
    );
    known.set(index, spread(values));
  };

  const spread = (values: readonly (readonly Vector[])[]) =>
    values.length === rows ? values : Array.from({ length: rows }, () => values[0]);

  const users = instructions.map((_, index) =>
    instructions.flatMap(({ operands }, user) => (operands.includes(index) ? [user] : [])),
  );

  const isLeftToUser = (index: number, selection: Selection): boolean => {
    if (users[index].length !== 1) return false;
    const [user] = users[index];
    const { node, operands } = instructions[user];
    if (!selection(user, instructions[user]) || operands.filter((operand) => operand === index).length > 1)
      return false;
    if (node.type === 'unary') return node.operator === 'exp' && exponentInBits(node.argument) !== undefined;
    return node.type === 'sum' || (node.type === 'binary' && (node.operator === 'add' || node.operator === 'sub'));
  };

  return {
    emit(selection) {
      instructions.forEach((instruction, index) => {
        if (!known.has(index) && selection(index, instruction)) emitOne(index, selection);
      });
    },
    value,
    eachComponent,
    replace: (index, values) =>
      known.set(
        index,
        values.map((vector) => [vector]),
      ),
    forget(selection) {
      for (const index of [...known.keys()]) if (selection(index, instructions[index])) known.delete(index);
    },
    isGathered(index) {
      const needed = [...reachable({ instructions }, [index])];
      return needed.some((one) => sizeOf(one) > UNROLLED_SIZE && zeros[one]?.includes(true));
    },
  };
}

/** Which components of long and short vectors are 0 whatever rows and columns bring: a product with 0 counts as 0, as in `simplify`. */
function zeroComponents(instructions: Program['instructions']): readonly (readonly boolean[] | undefined)[] {
  const found: (readonly boolean[] | undefined)[] = [];
  for (const { node, operands } of instructions) {
    const [left, right] = operands.map((operand) => found[operand]);
    const each = (isZero: (component: number) => boolean) => Array.from({ length: node.size }, (_, k) => isZero(k));
    let zero: boolean[] | undefined;
    if (node.type === 'constant' && node.size > 1) zero = each((k) => node.values[k] === 0);
    else if (node.type === 'unary' && node.operator === 'neg') zero = left && [...left];
    else if (node.type === 'binary' && node.operator === 'mul') zero = each((k) => !!left?.[k] || !!right?.[k]);
    else if (node.type === 'binary' && (node.operator === 'add' || node.operator === 'sub'))
      zero = each((k) => !!left?.[k] && !!right?.[k]);
    found.push(zero?.includes(true) ? zero : undefined);
  }
  return found;
}

const isProduct = (node: Expression): boolean =>
  (node.type === 'binary' && node.operator === 'mul') || (node.type === 'unary' && node.operator === 'square');
