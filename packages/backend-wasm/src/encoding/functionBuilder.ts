import { type Code, type Statement, type ValueType, write } from './code.js';
import { unsigned } from './leb128.js';

/** A variable of a function; as code, its value. */
export interface Local<Type extends ValueType = ValueType> extends Code<Type> {
  readonly index: number;
}

/** A function while it is written, statement by statement. */
export interface FunctionBuilder {
  /** Appends a statement. */
  add(statement: Statement): void;
  /** A new variable with a value. */
  local<Type extends ValueType>(value: Code<Type>): Local<Type>;
  /** A new variable with a value that is there from the function's beginning. */
  early<Type extends ValueType>(value: Code<Type>): Local<Type>;
  set<Type extends ValueType>(local: Local<Type>, value: Code<Type>): void;
  /** Statements that run where a condition is not 0. */
  if(condition: Code<'i32'>, body: () => void): void;
  /** Statements that run once, and again as long as the condition that they return is not 0. */
  repeat(body: () => Code<'i32'>): void;
  /** Statements that run as long as a condition, looked at before, is not 0. */
  while(condition: () => Code<'i32'>, body: () => void): void;
  /** The function's entry in the code section: its variables, its statements, its end. */
  finish(): number[];
}

const TYPES: Record<ValueType, number> = { i32: 0x7f, v128: 0x7b };
const NO_RESULT = 0x40;

/** The byte of a type. */
export const typeByte = (type: ValueType): number => TYPES[type];

/** Begins a function with so many parameters, all i32: its builder and its parameters. */
export function functionBuilder(parameterCount: number): {
  readonly builder: FunctionBuilder;
  readonly parameters: readonly Local<'i32'>[];
} {
  const beginning: number[] = [];
  const body: number[] = [];
  const types: ValueType[] = [];
  const variable = <Type extends ValueType>(type: Type, index: number): Local<Type> => ({
    type,
    index,
    operands: [],
    opcode: [0x20, ...unsigned(index)],
  });
  const declare = <Type extends ValueType>(type: Type): Local<Type> => {
    types.push(type);
    return variable(type, parameterCount + types.length - 1);
  };
  const assign = ({ index }: Local, value: Code, to: number[]) => {
    write(value, to);
    to.push(0x21, ...unsigned(index));
  };
  const builder: FunctionBuilder = {
    add: (given) => write(given, body),
    local(value) {
      const local = declare(value.type);
      builder.set(local, value);
      return local;
    },
    early(value) {
      const local = declare(value.type);
      assign(local, value, beginning);
      return local;
    },
    set: (local, value) => assign(local, value, body),
    if(condition, then) {
      write(condition, body);
      body.push(0x04, NO_RESULT);
      then();
      body.push(0x0b);
    },
    repeat(again) {
      body.push(0x03, NO_RESULT);
      write(again(), body);
      body.push(0x0d, 0, 0x0b);
    },
    while(condition, loop) {
      builder.if(condition(), () =>
        builder.repeat(() => {
          loop();
          return condition();
        }),
      );
    },
    finish() {
      const groups: [number, ValueType][] = [];
      for (const type of types) {
        const last = groups[groups.length - 1];
        if (last && last[1] === type) last[0] += 1;
        else groups.push([1, type]);
      }
      const locals = groups.flatMap(([count, type]) => [...unsigned(count), typeByte(type)]);
      return [unsigned(groups.length), locals, beginning, body, [0x0b]].flat();
    },
  };
  return { builder, parameters: Array.from({ length: parameterCount }, (_, index) => variable('i32', index)) };
}
