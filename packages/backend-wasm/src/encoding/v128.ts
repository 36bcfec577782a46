import { type Code, code, type Statement, statement } from './code.js';
import { unsigned } from './leb128.js';

type Integer = Code<'i32'>;
export type Vector = Code<'v128'>;

const PREFIX = 0xfd;

/** A vector instruction: its number behind the prefix, and what comes behind that. */
const simd = (opcode: number, ...immediates: readonly number[]): number[] => [
  PREFIX,
  ...unsigned(opcode),
  ...immediates,
];

/** Alignment as a power of two, which is a hint only, and an offset. */
const at = (alignment: number, offset: number): number[] => [alignment, ...unsigned(offset)];

const unary = (opcode: number) => (operand: Vector) => code('v128', simd(opcode), [operand]);
const binary = (opcode: number) => (left: Vector, right: Vector) => code('v128', simd(opcode), [left, right]);
const ternary = (opcode: number) => (a: Vector, b: Vector, c: Vector) => code('v128', simd(opcode), [a, b, c]);
const shift = (opcode: number) => (operand: Vector, count: Integer) => code('v128', simd(opcode), [operand, count]);

/** Instructions on vectors whatever their lanes hold. */
export const v128 = {
  constant: (bytes: Uint8Array): Vector => code('v128', simd(0x0c, ...bytes), []),
  load: (address: Integer, offset = 0): Vector => code('v128', simd(0x00, ...at(4, offset)), [address]),
  store: (address: Integer, value: Vector, offset = 0): Statement =>
    statement(simd(0x0b, ...at(4, offset)), [address, value]),
  not: unary(0x4d),
  and: binary(0x4e),
  /** The bits of the first that the second does not have. */
  andNot: binary(0x4f),
  or: binary(0x50),
  xor: binary(0x51),
  /** Bits of the first where the mask has ones, of the second elsewhere. */
  select: (first: Vector, second: Vector, mask: Vector): Vector => code('v128', simd(0x52), [first, second, mask]),
  anyTrue: (operand: Vector): Integer => code('i32', simd(0x53), [operand]),
  /** Bytes picked from two vectors: 0 to 15 from the first, 16 to 31 from the second. */
  shuffle: (first: Vector, second: Vector, bytes: readonly number[]): Vector =>
    code('v128', simd(0x0d, ...bytes), [first, second]),
};

/** Four lanes of float32. */
export const f32x4 = {
  splatLoad: (address: Integer, offset = 0): Vector => code('v128', simd(0x09, ...at(2, offset)), [address]),
  loadLane: (vector: Vector, address: Integer, lane: number, offset = 0): Vector =>
    code('v128', simd(0x56, ...at(2, offset), lane), [address, vector]),
  storeLane: (vector: Vector, address: Integer, lane: number, offset = 0): Statement =>
    statement(simd(0x5a, ...at(2, offset), lane), [address, vector]),
  eq: binary(0x41),
  ne: binary(0x42),
  lt: binary(0x43),
  gt: binary(0x44),
  ge: binary(0x46),
  abs: unary(0xe0),
  neg: unary(0xe1),
  floor: unary(0x68),
  nearest: unary(0x6a),
  sqrt: unary(0xe3),
  add: binary(0xe4),
  sub: binary(0xe5),
  mul: binary(0xe6),
  div: binary(0xe7),
  min: binary(0xe8),
  max: binary(0xe9),
  /** The second where it is smaller, else the first: one machine instruction, unlike `min`. */
  pmin: binary(0xea),
  pmax: binary(0xeb),
  relaxedMadd: ternary(0x105),
  relaxedNmadd: ternary(0x106),
  /** The two lower lanes of float64 as the two lower lanes of float32, and zeros. */
  demote: unary(0x5e),
  /** Four signed 32-bit integers as numbers. */
  fromIntegers: unary(0xfa),
};

/** Two lanes of float64. */
export const f64x2 = {
  splatLoad: (address: Integer, offset = 0): Vector => code('v128', simd(0x0a, ...at(3, offset)), [address]),
  loadLane: (vector: Vector, address: Integer, lane: number, offset = 0): Vector =>
    code('v128', simd(0x57, ...at(3, offset), lane), [address, vector]),
  storeLane: (vector: Vector, address: Integer, lane: number, offset = 0): Statement =>
    statement(simd(0x5b, ...at(3, offset), lane), [address, vector]),
  eq: binary(0x47),
  ne: binary(0x48),
  lt: binary(0x49),
  gt: binary(0x4a),
  ge: binary(0x4c),
  abs: unary(0xec),
  neg: unary(0xed),
  floor: unary(0x75),
  nearest: unary(0x94),
  sqrt: unary(0xef),
  add: binary(0xf0),
  sub: binary(0xf1),
  mul: binary(0xf2),
  div: binary(0xf3),
  min: binary(0xf4),
  max: binary(0xf5),
  pmin: binary(0xf6),
  pmax: binary(0xf7),
  relaxedMadd: ternary(0x107),
  relaxedNmadd: ternary(0x108),
  /** The two lower lanes of float32 as float64. */
  promoteLow: unary(0x5f),
  /** The lower two of four signed 32-bit integers as numbers. */
  fromIntegers: unary(0xfe),
};

/** Four lanes of 32-bit integers; `shr` keeps the sign. */
export const i32x4 = {
  splat: (value: Integer): Vector => code('v128', simd(0x11), [value]),
  add: binary(0xae),
  sub: binary(0xb1),
  shl: shift(0xab),
  shr: shift(0xac),
};

/** Two lanes of 64-bit integers; `shr` keeps the sign. */
export const i64x2 = {
  add: binary(0xce),
  sub: binary(0xd1),
  shl: shift(0xcb),
  shr: shift(0xcc),
};
