import { type Code, code, type Statement, statement } from './code.js';
import { signed, unsigned } from './leb128.js';

type Integer = Code<'i32'>;

const ALIGNMENT = 2;

const binary = (opcode: number) => (left: Integer, right: Integer | number) =>
  code('i32', [opcode], [left, integer(right)]);

/** A number as it is, or as an instruction. */
const integer = (value: Integer | number): Integer => (typeof value === 'number' ? constant(value) : value);

const constant = (value: number): Integer => code('i32', [0x41, ...signed(value)], []);

/** Instructions on 32-bit integers: addresses, indices and counts. Comparisons take both sides as unsigned. */
export const i32 = {
  constant,
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  /** Without sign, rounded down. */
  div: binary(0x6e),
  and: binary(0x71),
  or: binary(0x72),
  shl: binary(0x74),
  shr: binary(0x76),
  eq: binary(0x46),
  ne: binary(0x47),
  lt: binary(0x49),
  gt: binary(0x4b),
  ge: binary(0x4f),
  /** The smaller of two values that are at hand: both are evaluated. */
  min: (left: Integer, right: Integer): Integer => code('i32', [0x1b], [left, right, i32.lt(left, right)]),
  max: (left: Integer, right: number): Integer =>
    code('i32', [0x1b], [left, constant(right), i32.gt(left, constant(right))]),
  load: (address: Integer, offset = 0): Integer => code('i32', [0x28, ALIGNMENT, ...unsigned(offset)], [address]),
  store: (address: Integer, value: Integer, offset = 0): Statement =>
    statement([0x36, ALIGNMENT, ...unsigned(offset)], [address, value]),
};
