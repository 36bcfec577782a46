import { type BinaryOperator, binaryFunctions, type UnaryOperator, unaryFunctions } from '@sinkhorn/core';

type UnaryLoop = (out: Float64Array, u: Float64Array, at: number, count: number) => void;

/** For each function of one argument, the loop over `count` lanes from `at` on; each its own, so that each is fast. */
export const unaryLoops: Readonly<Record<UnaryOperator, UnaryLoop>> = {
  neg(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = -u[k];
  },
  abs(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = Math.abs(u[k]);
  },
  sign(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = Math.sign(u[k]);
  },
  sqrt(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = Math.sqrt(u[k]);
  },
  rsqrt(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = u[k] === 0 ? 0 : 1 / Math.sqrt(u[k]);
  },
  square(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = u[k] * u[k];
  },
  exp(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = Math.exp(u[k]);
  },
  log(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = Math.log(u[k]);
  },
  sin(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = Math.sin(u[k]);
  },
  cos(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = Math.cos(u[k]);
  },
  tanh(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = Math.tanh(u[k]);
  },
  floor(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = Math.floor(u[k]);
  },
  acos(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = unaryFunctions.acos(u[k]);
  },
  erf(out, u, at, count) {
    for (let k = at; k < at + count; k++) out[k] = unaryFunctions.erf(u[k]);
  },
};

/** The loops of a function of two arguments: lanes with lanes, one number with lanes, lanes with one number. */
interface BinaryLoops {
  lanesLanes(
    out: Float64Array,
    u: Float64Array,
    v: Float64Array,
    at: number,
    atU: number,
    atV: number,
    count: number,
  ): void;
  uniformLanes(out: Float64Array, u: number, v: Float64Array, at: number, atV: number, count: number): void;
  lanesUniform(out: Float64Array, u: Float64Array, v: number, at: number, atU: number, count: number): void;
}

export const binaryLoops: Readonly<Record<BinaryOperator, BinaryLoops>> = {
  add: {
    lanesLanes(out, u, v, at, atU, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = u[atU + k] + v[atV + k];
    },
    uniformLanes(out, u, v, at, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = u + v[atV + k];
    },
    lanesUniform(out, u, v, at, atU, count) {
      for (let k = 0; k < count; k++) out[at + k] = u[atU + k] + v;
    },
  },
  sub: {
    lanesLanes(out, u, v, at, atU, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = u[atU + k] - v[atV + k];
    },
    uniformLanes(out, u, v, at, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = u - v[atV + k];
    },
    lanesUniform(out, u, v, at, atU, count) {
      for (let k = 0; k < count; k++) out[at + k] = u[atU + k] - v;
    },
  },
  mul: {
    lanesLanes(out, u, v, at, atU, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = u[atU + k] * v[atV + k];
    },
    uniformLanes(out, u, v, at, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = u * v[atV + k];
    },
    lanesUniform(out, u, v, at, atU, count) {
      for (let k = 0; k < count; k++) out[at + k] = u[atU + k] * v;
    },
  },
  div: {
    lanesLanes(out, u, v, at, atU, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = u[atU + k] / v[atV + k];
    },
    uniformLanes(out, u, v, at, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = u / v[atV + k];
    },
    lanesUniform(out, u, v, at, atU, count) {
      for (let k = 0; k < count; k++) out[at + k] = u[atU + k] / v;
    },
  },
  min: {
    lanesLanes(out, u, v, at, atU, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = Math.min(u[atU + k], v[atV + k]);
    },
    uniformLanes(out, u, v, at, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = Math.min(u, v[atV + k]);
    },
    lanesUniform(out, u, v, at, atU, count) {
      for (let k = 0; k < count; k++) out[at + k] = Math.min(u[atU + k], v);
    },
  },
  max: {
    lanesLanes(out, u, v, at, atU, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = Math.max(u[atU + k], v[atV + k]);
    },
    uniformLanes(out, u, v, at, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = Math.max(u, v[atV + k]);
    },
    lanesUniform(out, u, v, at, atU, count) {
      for (let k = 0; k < count; k++) out[at + k] = Math.max(u[atU + k], v);
    },
  },
  atan2: {
    lanesLanes(out, u, v, at, atU, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = binaryFunctions.atan2(u[atU + k], v[atV + k]);
    },
    uniformLanes(out, u, v, at, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = binaryFunctions.atan2(u, v[atV + k]);
    },
    lanesUniform(out, u, v, at, atU, count) {
      for (let k = 0; k < count; k++) out[at + k] = binaryFunctions.atan2(u[atU + k], v);
    },
  },
  where: {
    lanesLanes(out, u, v, at, atU, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = u[atU + k] > 0 ? v[atV + k] : 0;
    },
    uniformLanes(out, u, v, at, atV, count) {
      for (let k = 0; k < count; k++) out[at + k] = u > 0 ? v[atV + k] : 0;
    },
    lanesUniform(out, u, v, at, atU, count) {
      for (let k = 0; k < count; k++) out[at + k] = u[atU + k] > 0 ? v : 0;
    },
  },
};
