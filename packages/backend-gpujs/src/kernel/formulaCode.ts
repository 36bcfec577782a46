import type { BinaryOperator, Instruction, Program, UnaryOperator, Variable } from '@sinkhorn/core';
import { literal } from './literal.js';

/**
 * Whether vectors of this size are computed four components at a time, a texel's, by number of the texel: so they begin
 * with a texel wherever they are. Shorter ones are held in variables.
 */
export const isLong = (size: number): boolean => size > 4;

/** Which component of a vector: one known now, or one of the four of a texel whose number the kernel knows. */
export type Component = number | { readonly texel: string; readonly channel: number };

/** Where a formula's leaves are found. */
export interface Leaves {
  /** Code that gives a component of a variable, for one of the columns computed together; either a name or a texel's part. */
  variable(
    node: Variable,
    component: Component,
    copy: number,
  ): string | { readonly texel: string; readonly channel: number };
  parameter(name: string): string;
}

export type Selection = (index: number, instruction: Instruction) => boolean;

/** Lines of a block of code, and what was named in it. */
export interface Scope {
  readonly lines: string[];
  readonly known: Map<string, string>;
}

export const scope = (): Scope => ({ lines: [], known: new Map() });

/** A program turned into code for several columns at once, part by part. */
export interface FormulaCode {
  /** Code for the instructions selected, each named once; long vectors wait for their use. */
  emit(selection: Selection): readonly string[];
  /** One component of an instruction's value, for one column; what it needs is added to the scope. */
  value(index: number, copy: number, component: Component, into: Scope): string;
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
 * Code for a program, every operation with a name of its own. It is JavaScript of the kind that gpu.js makes shaders of:
 * numbers alone, in expressions of one operation.
 *
 * @param prefix of names, different for programs of one kernel
 * @param copies columns that are computed together
 */
export function formulaCode({ instructions }: Program, prefix: string, leaves: Leaves, copies: number): FormulaCode {
  const named = new Map<string, string>();
  let names = 0;

  const copyOf = (index: number, copy: number) => (instructions[index].varies.byColumn ? copy : 0);
  const sizeOf = (index: number) => instructions[index].node.size;
  const keyOf = (index: number, copy: number, component: Component) =>
    `${index}|${copyOf(index, copy)}|${typeof component === 'number' ? component : `${component.texel}.${component.channel}`}`;

  const name = (text: string, into: Scope): string => {
    names += 1;
    into.lines.push(`const ${prefix}${names} = ${text};`);
    return `${prefix}${names}`;
  };

  const value = (index: number, copy: number, asked: Component, into: Scope): string => {
    const component = sizeOf(index) === 1 ? 0 : asked;
    const key = keyOf(index, copy, component);
    const found = named.get(key) ?? into.known.get(key);
    if (found) return found;
    const text = compute(index, copyOf(index, copy), component, into);
    into.known.set(key, text);
    return text;
  };

  const compute = (index: number, copy: number, component: Component, into: Scope): string => {
    const { node, operands } = instructions[index];
    switch (node.type) {
      case 'variable': {
        const found = leaves.variable(node, component, copy);
        return typeof found === 'string' ? found : `${texel(found.texel, into)}[${found.channel}]`;
      }
      case 'parameter':
        return leaves.parameter(node.name);
      case 'constant':
        return constant(node.values, component);
      case 'unary':
        return name(applyUnary(node.operator, value(operands[0], copy, component, into)), into);
      case 'binary': {
        const [u, v] = operands.map((operand) => value(operand, copy, component, into));
        return name(applyBinary(node.operator, u, v), into);
      }
      case 'component':
        return value(operands[0], copy, node.index, into);
      case 'sum':
        throw new Error('a sum over components is emitted before it is used');
    }
  };

  /** A texel is read once, whichever of its parts are wanted. */
  const texel = (text: string, into: Scope): string => {
    const found = named.get(text) ?? into.known.get(text);
    if (found) return found;
    const read = name(text, into);
    into.known.set(text, read);
    return read;
  };

  const emitSum = (index: number, copy: number, into: Scope) => {
    const [operand] = instructions[index].operands;
    const size = sizeOf(operand);
    const key = keyOf(index, copy, 0);
    if (!isLong(size)) {
      const terms = Array.from({ length: size }, (_, component) => value(operand, copy, component, into));
      named.set(key, name(terms.join(' + '), into));
      return;
    }
    const whole = size >> 2;
    names += 1;
    const total = `${prefix}${names}`;
    const counter = `${prefix}k${names}`;
    const body = scope();
    const four = Array.from({ length: 4 }, (_, channel) => value(operand, copy, { texel: counter, channel }, body));
    into.lines.push(
      `let ${total} = 0;`,
      `for (let ${counter} = 0; ${counter} < ${whole}; ${counter}++) {`,
      ...body.lines.map((line) => `  ${line}`),
      `  ${total} += ${four.join(' + ')};`,
      '}',
    );
    for (let component = 4 * whole; component < size; component++) {
      into.lines.push(`${total} += ${value(operand, copy, component, into)};`);
    }
    named.set(key, total);
  };

  const emitOne = (index: number, into: Scope) => {
    const { node, varies } = instructions[index];
    for (let copy = 0; copy < (varies.byColumn ? copies : 1); copy++) {
      if (node.type === 'sum') {
        emitSum(index, copy, into);
      } else if (!isLong(node.size)) {
        for (let component = 0; component < node.size; component++) {
          named.set(keyOf(index, copy, component), value(index, copy, component, into));
        }
      }
    }
  };

  return {
    emit(selection) {
      const into = scope();
      instructions.forEach((instruction, index) => {
        if (!named.has(keyOf(index, 0, 0)) && selection(index, instruction)) emitOne(index, into);
      });
      for (const [key, text] of into.known) named.set(key, text);
      return into.lines;
    },
    value,
  };
}

function constant(values: readonly number[], component: Component): string {
  if (values.length === 1) return literal(values[0]);
  if (typeof component === 'number') return literal(values[component] ?? 0);
  const { texel, channel } = component;
  const texels = Math.ceil(values.length / 4);
  const texts = Array.from({ length: texels }, (_, index) => literal(values[4 * index + channel] ?? 0));
  return texts.reduceRight(
    (rest, text, index) => (rest === '' ? text : `(${texel} < ${index + 1} ? ${text} : ${rest})`),
    '',
  );
}

function applyUnary(operator: UnaryOperator, u: string): string {
  switch (operator) {
    case 'neg':
      return `-${u}`;
    case 'square':
      return `${u} * ${u}`;
    case 'rsqrt':
      return `${u} === 0 ? 0 : 1 / Math.sqrt(${u})`;
    case 'sqrt':
      return `${u} === 0 ? 0 : Math.sqrt(${u})`;
    default:
      return `Math.${operator}(${u})`;
  }
}

const SIGNS: Partial<Record<BinaryOperator, string>> = { add: '+', sub: '-', mul: '*', div: '/' };

const applyBinary = (operator: BinaryOperator, u: string, v: string): string => {
  if (operator === 'where') return `${u} > 0 ? ${v} : 0`;
  const infix = SIGNS[operator];
  return infix ? `${u} ${infix} ${v}` : `Math.${operator}(${u}, ${v})`;
};

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
