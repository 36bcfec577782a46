import type { BinaryOperator, Instruction, Program, UnaryOperator, Variable } from '@sinkhorn/core';
import { type Lanes, literal, widened, zero } from './wgsl.js';

/** Vectors of up to this many components are held in registers; longer ones are computed component by component. */
export const UNROLLED_SIZE = 8;

/** Which component of a vector: one known now, or an expression of the kernel. */
export type Component = number | string;

/** Where a formula's leaves are found. */
export interface Leaves {
  /** A component of a variable, for one of the rows that are computed together. */
  variable(node: Variable, component: Component, row: number): string;
  parameter(name: string): string;
}

export type Selection = (index: number, instruction: Instruction) => boolean;

/** Lines of a block of code, and what was named in it. */
export interface Scope {
  readonly lines: string[];
  readonly known: Map<string, string>;
}

export const scope = (): Scope => ({ lines: [], known: new Map() });

/** A program turned into WGSL for several rows at once, part by part. */
export interface FormulaCode {
  /** Code for the instructions selected, each named once; long vectors wait for their use. */
  emit(selection: Selection): readonly string[];
  /** One component of an instruction's value, for one row; what it needs is added to the scope. */
  value(index: number, row: number, component: Component, into: Scope): string;
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

/**
 * Code for a program. Every operation gets a name of its own: compilers refuse a kernel in which an expression of
 * constants alone, such as 1/sqrt(0), has no value, and leave one with names alone.
 *
 * @param prefix of names, different for programs of one function
 * @param wide whether what varies by column is computed for four columns at once
 */
export function formulaCode(
  { instructions }: Program,
  prefix: string,
  leaves: Leaves,
  rows: number,
  wide: boolean,
): FormulaCode {
  const named = new Map<string, string>();
  const declarations: string[] = [];
  let names = 0;

  const lanesOf = (index: number): Lanes => (wide && instructions[index].varies.byColumn ? 4 : 1);
  const rowOf = (index: number, row: number) => (instructions[index].varies.byRow ? row : 0);
  const keyOf = (index: number, row: number, component: Component) => `${index}|${rowOf(index, row)}|${component}`;
  const sizeOf = (index: number) => instructions[index].node.size;

  const name = (text: string, into: Scope): string => {
    names += 1;
    into.lines.push(`let ${prefix}${names} = ${text};`);
    return `${prefix}${names}`;
  };

  const value = (index: number, row: number, asked: Component, into: Scope): string => {
    const component = sizeOf(index) === 1 ? 0 : asked;
    const key = keyOf(index, row, component);
    const found = named.get(key) ?? into.known.get(key);
    if (found) return found;
    const text = name(compute(index, rowOf(index, row), component, into), into);
    into.known.set(key, text);
    return text;
  };

  const compute = (index: number, row: number, component: Component, into: Scope): string => {
    const { node, operands } = instructions[index];
    switch (node.type) {
      case 'variable':
        return leaves.variable(node, component, row);
      case 'parameter':
        return leaves.parameter(node.name);
      case 'constant':
        return constant(index, node.values, component);
      case 'unary':
        return applyUnary(node.operator, value(operands[0], row, component, into), lanesOf(index));
      case 'binary': {
        const lanes = lanesOf(index);
        const [u, v] = operands.map((operand) => value(operand, row, component, into));
        return applyBinary(
          node.operator,
          widened(u, lanesOf(operands[0]), lanes),
          widened(v, lanesOf(operands[1]), lanes),
        );
      }
      case 'component':
        return value(operands[0], row, node.index, into);
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

  const emitSum = (index: number, into: Scope) => {
    const [operand] = instructions[index].operands;
    const size = sizeOf(operand);
    const each = Array.from({ length: instructions[index].varies.byRow ? rows : 1 }, (_, row) => row);
    if (size <= UNROLLED_SIZE) {
      for (const row of each) {
        const terms = Array.from({ length: size }, (_, component) => value(operand, row, component, into));
        named.set(keyOf(index, row, 0), name(terms.join(' + '), into));
      }
      return;
    }
    const lanes = lanesOf(index);
    const totals = each.map((row) => {
      names += 1;
      const total = `${prefix}${names}`;
      into.lines.push(`var ${total} = ${zero(lanes)};`);
      named.set(keyOf(index, row, 0), total);
      return total;
    });
    const component = `${prefix}k${index}`;
    const body = scope();
    for (const row of each) body.lines.push(`${totals[row]} += ${value(operand, row, component, body)};`);
    into.lines.push(
      `for (var ${component} = 0u; ${component} < ${size}u; ${component}++) {`,
      ...body.lines.map((line) => `  ${line}`),
      '}',
    );
  };

  const emitOne = (index: number, into: Scope) => {
    const { node, varies } = instructions[index];
    if (node.type === 'sum') {
      emitSum(index, into);
      return;
    }
    if (node.size > UNROLLED_SIZE) return;
    for (let row = 0; row < (varies.byRow ? rows : 1); row++) {
      for (let component = 0; component < node.size; component++) {
        named.set(keyOf(index, row, component), value(index, row, component, into));
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

const applyBinary = (operator: BinaryOperator, u: string, v: string): string => {
  const infix = SIGNS[operator];
  return infix ? `${u} ${infix} ${v}` : `${operator}(${u}, ${v})`;
};

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
