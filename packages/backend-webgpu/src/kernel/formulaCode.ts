import type { BinaryOperator, Instruction, Program, UnaryOperator, Variable } from '@sinkhorn/core';
import { type Lanes, literal, widened, zero } from './wgsl.js';

/** Vectors of up to this many components are held in registers; longer ones are computed component by component. */
export const UNROLLED_SIZE = 8;

/** Which component of a vector: one known now, or an expression of the kernel. */
export type Component = number | string;

/** Where a formula's leaves are found. */
export interface Leaves {
  /** A component of a variable, for one of the cells that are computed together. */
  variable(node: Variable, component: Component, cell: number): string;
  parameter(name: string): string;
}

export type Selection = (index: number, instruction: Instruction) => boolean;

/** Lines of a block of code, and what was named in it. */
export interface Scope {
  readonly lines: string[];
  readonly known: Map<string, string>;
}

export const scope = (): Scope => ({ lines: [], known: new Map() });

/** What a thread computes at once: so many rows, by so many vectors of columns. */
export interface Cells {
  readonly rows: number;
  readonly vectors: number;
}

/** A cell is counted row by row within a vector of columns. */
export const cellOf = ({ rows }: Pick<Cells, 'rows'>, row: number, vector: number): number => vector * rows + row;

/** A program turned into WGSL for several cells at once, part by part. */
export interface FormulaCode {
  /** Code for the instructions selected, each named once; long vectors wait for their use. */
  emit(selection: Selection): readonly string[];
  /** Declares the sums of some instructions over a long vector; the body, with a name for the component, adds to all. */
  sums(
    indices: readonly number[],
    component: string,
  ): { readonly totals: readonly string[]; readonly body: readonly string[] };
  /** One component of an instruction's value, for one cell; what it needs is added to the scope. */
  value(index: number, cell: number, component: Component, into: Scope): string;
  lanesOf(index: number): Lanes;
  /** Declarations that have to stand outside of functions. */
  readonly declarations: readonly string[];
}

/** The instructions that an output needs, itself included. */
export function reachable({ instructions }: Program, output: number): ReadonlySet<number> {
  const found = new Set<number>();
  const visit = (index: number) => {
    if (found.has(index)) return;
    found.add(index);
    instructions[index].operands.forEach(visit);
  };
  visit(output);
  return found;
}

/** Products of a row and a column that are added up and nothing else: they come in one step with the addition. */
function fusedProducts(instructions: readonly Instruction[], outputs: readonly number[]): ReadonlySet<number> {
  const isAddition = ({ node }: Instruction) =>
    node.type === 'sum' || (node.type === 'binary' && (node.operator === 'add' || node.operator === 'sub'));
  const usedElsewhere = new Set([
    ...outputs,
    ...instructions.flatMap((user) => (isAddition(user) ? [] : user.operands)),
  ]);
  const isProduct = ({ node, varies }: Instruction) =>
    varies.byRow &&
    varies.byColumn &&
    ((node.type === 'unary' && node.operator === 'square') || (node.type === 'binary' && node.operator === 'mul'));
  return new Set(
    instructions.flatMap((instruction, index) => (isProduct(instruction) && !usedElsewhere.has(index) ? [index] : [])),
  );
}

/**
 * Code for a program. Every operation gets a name of its own: compilers refuse a kernel in which an expression of
 * constants alone, such as 1/sqrt(0), has no value, and leave one with names alone.
 *
 * @param prefix of names, different for programs of one function
 * @param wide whether what varies by column is computed for four columns at once
 */
export function formulaCode(
  { instructions, outputs }: Program,
  prefix: string,
  leaves: Leaves,
  cells: Cells,
  wide: boolean,
): FormulaCode {
  const named = new Map<string, string>();
  const declarations: string[] = [];
  let names = 0;

  const fused = fusedProducts(instructions, outputs);
  const isFused = (index: number) => fused.has(index);
  const lanesOf = (index: number): Lanes => (wide && instructions[index].varies.byColumn ? 4 : 1);
  /** The first cell with the same value. */
  const firstOf = (index: number, cell: number) => {
    const { byRow, byColumn } = instructions[index].varies;
    return (byRow ? cell % cells.rows : 0) + (byColumn ? cell - (cell % cells.rows) : 0);
  };
  const cellsOf = (index: number): readonly number[] =>
    Array.from({ length: cells.rows * cells.vectors }, (_, cell) => cell).filter(
      (cell) => firstOf(index, cell) === cell,
    );
  const keyOf = (index: number, cell: number, component: Component) => `${index}|${firstOf(index, cell)}|${component}`;
  const sizeOf = (index: number) => instructions[index].node.size;

  const name = (text: string, into: Scope): string => {
    names += 1;
    into.lines.push(`let ${prefix}${names} = ${text};`);
    return `${prefix}${names}`;
  };

  const value = (index: number, cell: number, asked: Component, into: Scope): string => {
    const component = sizeOf(index) === 1 ? 0 : asked;
    const key = keyOf(index, cell, component);
    const found = named.get(key) ?? into.known.get(key);
    if (found) return found;
    const text = name(compute(index, firstOf(index, cell), component, into), into);
    into.known.set(key, text);
    return text;
  };

  const compute = (index: number, cell: number, component: Component, into: Scope): string => {
    const { node, operands } = instructions[index];
    switch (node.type) {
      case 'variable':
        return leaves.variable(node, component, cell);
      case 'parameter':
        return leaves.parameter(node.name);
      case 'constant':
        return constant(index, node.values, component);
      case 'unary':
        return applyUnary(node.operator, value(operands[0], cell, component, into), lanesOf(index));
      case 'binary': {
        const lanes = lanesOf(index);
        const [left, right] = operands;
        const wide = (operand: number) => widened(value(operand, cell, component, into), lanesOf(operand), lanes);
        if (node.operator === 'add' && isFused(left)) return plus(wide(right), left, cell, component, into, lanes);
        if (node.operator === 'add' && isFused(right)) return plus(wide(left), right, cell, component, into, lanes);
        if (node.operator === 'sub' && isFused(right))
          return plus(wide(left), right, cell, component, into, lanes, '-');
        const [u, v] = operands.map((operand) => value(operand, cell, component, into));
        return applyBinary(
          node.operator,
          widened(u, lanesOf(operands[0]), lanes),
          widened(v, lanesOf(operands[1]), lanes),
          lanes,
        );
      }
      case 'component':
        return value(operands[0], cell, node.index, into);
      case 'sum':
        throw new Error('a sum over components is emitted before it is used');
    }
  };

  const constant = (index: number, values: readonly number[], component: Component): string => {
    if (values.length === 1) return literal(values[0]);
    if (typeof component === 'number') return literal(values[component]);
    const list = `${prefix}constant${index}`;
    const text = `const ${list} = array<f32, ${values.length}>(${values.map(literal).join(', ')});`;
    if (!declarations.includes(text)) declarations.push(text);
    return `${list}[${component}]`;
  };

  /** A sum that goes on with one more term: a product is added in one step, as GPUs do. */
  const plus = (
    total: string,
    index: number,
    cell: number,
    component: Component,
    into: Scope,
    lanes: Lanes = lanesOf(index),
    sign = '',
  ): string => {
    const { node, operands } = instructions[index];
    const wide = (operand: number) => widened(value(operand, cell, component, into), lanesOf(operand), lanes);
    if (!isFused(index)) return `${total} + ${value(index, cell, component, into)}`;
    const [u, v] = node.type === 'unary' ? [wide(operands[0]), wide(operands[0])] : operands.map(wide);
    return `fma(${sign}${u}, ${v}, ${total})`;
  };

  const sums: FormulaCode['sums'] = (indices, component) => {
    const totals: string[] = [];
    const body = scope();
    for (const index of indices) {
      for (const cell of cellsOf(index)) {
        names += 1;
        const total = `${prefix}${names}`;
        totals.push(`var ${total} = ${zero(lanesOf(index))};`);
        body.lines.push(`${total} = ${plus(total, instructions[index].operands[0], cell, component, body)};`);
        named.set(keyOf(index, cell, 0), total);
      }
    }
    return { totals, body: body.lines };
  };

  const emitSum = (index: number, into: Scope) => {
    const [operand] = instructions[index].operands;
    const size = sizeOf(operand);
    if (size <= UNROLLED_SIZE) {
      for (const cell of cellsOf(index)) {
        let total = value(operand, cell, 0, into);
        for (let component = 1; component < size; component++) total = plus(total, operand, cell, component, into);
        named.set(keyOf(index, cell, 0), name(total, into));
      }
      return;
    }
    const component = `${prefix}k${index}`;
    const { totals, body } = sums([index], component);
    into.lines.push(
      ...totals,
      `for (var ${component} = 0u; ${component} < ${size}u; ${component}++) {`,
      ...body.map((line) => `  ${line}`),
      '}',
    );
  };

  const emitOne = (index: number, into: Scope) => {
    const { node } = instructions[index];
    if (node.type === 'sum') {
      emitSum(index, into);
      return;
    }
    if (node.size > UNROLLED_SIZE || isFused(index)) return;
    for (const cell of cellsOf(index)) {
      for (let component = 0; component < node.size; component++) {
        named.set(keyOf(index, cell, component), value(index, cell, component, into));
      }
    }
  };

  return {
    emit(selection) {
      const into = scope();
      instructions.forEach((instruction, index) => {
        const first = keyOf(index, 0, 0);
        if (!named.has(first) && selection(index, instruction)) emitOne(index, into);
      });
      return into.lines;
    },
    sums,
    value,
    lanesOf,
    declarations,
  };
}

function applyUnary(operator: UnaryOperator, u: string, lanes: Lanes): string {
  switch (operator) {
    case 'neg':
      return `-${u}`;
    case 'square':
      return `${u} * ${u}`;
    case 'rsqrt':
      return `select(inverseSqrt(${u}), ${zero(lanes)}, ${u} == ${zero(lanes)})`;
    case 'sqrt':
      return `select(sqrt(${u}), ${zero(lanes)}, ${u} == ${zero(lanes)})`;
    default:
      return `${operator}(${u})`;
  }
}

const SIGNS: Partial<Record<BinaryOperator, string>> = { add: '+', sub: '-', mul: '*', div: '/' };

const applyBinary = (operator: BinaryOperator, u: string, v: string, lanes: Lanes): string => {
  if (operator === 'where') return `select(${zero(lanes)}, ${v}, ${u} > ${zero(lanes)})`;
  const infix = SIGNS[operator];
  return infix ? `${u} ${infix} ${v}` : `${operator}(${u}, ${v})`;
};

/** One row and one column, or four columns, at a time. */
export const ONE_CELL: Cells = { rows: 1, vectors: 1 };

/** Lines that store a vector, component by component. */
export function storeVector(
  code: FormulaCode,
  { index, size, row }: { readonly index: number; readonly size: number; readonly row: number },
  place: (component: Component) => string,
): readonly string[] {
  if (size <= UNROLLED_SIZE) {
    const into = scope();
    const values = Array.from({ length: size }, (_, component) => code.value(index, row, component, into));
    return [...into.lines, ...values.map((text, component) => `${place(component)} = ${text};`)];
  }
  const body = scope();
  const text = code.value(index, row, 'component', body);
  return [
    `for (var component = 0u; component < ${size}u; component++) {`,
    ...body.lines.map((line) => `  ${line}`),
    `  ${place('component')} = ${text};`,
    '}',
  ];
}

export const variablesOf = (programs: readonly Program[]): Variable[] =>
  programs.flatMap(({ instructions }) =>
    instructions.flatMap(({ node }) => (node.type === 'variable' && node.side !== 'reduced' ? [node] : [])),
  );

export const parametersOf = (programs: readonly Program[]): string[] => [
  ...new Set(
    programs.flatMap(({ instructions }) =>
      instructions.flatMap(({ node }) => (node.type === 'parameter' ? [node.name] : [])),
    ),
  ),
];
