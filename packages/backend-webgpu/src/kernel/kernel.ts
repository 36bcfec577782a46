import type { Variable } from '@sinkhorn/core';
import { type Component, type Leaves, UNROLLED_SIZE } from './formulaCode.js';

/** An array that a kernel reads: that of a variable. */
export interface ArrayUse {
  readonly side: 'row' | 'column';
  readonly name: string;
  readonly size: number;
}

/** What a kernel binds after its uniforms, in this order. */
export type Binding = 'gathered' | 'table' | 'partials' | 'main' | 'second' | number;

/** A kernel as text, and what it wants to be called with. */
export interface Kernel {
  readonly code: string;
  readonly arrays: readonly ArrayUse[];
  readonly parameters: readonly string[];
  /** A number represents the array of that index. */
  readonly bindings: readonly { readonly binding: Binding; readonly writes: boolean }[];
}

/** Where in the uniforms each number stands, counted in words; arrays and parameters come after these. */
export const WORD = {
  rowStart: 0,
  rowEnd: 1,
  rows: 2,
  /** The end of the columns at hand. */
  columns: 3,
  element: 4,
  columnsPerSplit: 5,
  /** Partial results of a row. */
  splits: 6,
  /** Rows of the partial results at hand. */
  partialRows: 7,
  infinity: 8,
  taskStart: 9,
  ranges: 10,
  /** The first column at hand, the first split of this run, and how many splits it has. */
  columnStart: 11,
  splitStart: 12,
  splitsHere: 13,
  /** Entries of the results that come before the buffers at hand. */
  mainStart: 14,
  secondStart: 15,
  /** Where the partial results of the first row begin, in rows. */
  partialStart: 16,
  /** The first share of a long value that this run adds up. */
  shareStart: 17,
} as const;
const HEADER_WORDS = 18;

/** Each array has two words, where it begins and how far apart the elements of a batch are; each parameter has one. */
export const wordOfArray = (index: number): number => HEADER_WORDS + 2 * index;
export const wordOfParameter = (arrays: number, index: number): number => wordOfArray(arrays) + index;
export const wordsOf = ({ arrays, parameters }: Kernel): number =>
  Math.ceil(wordOfParameter(arrays.length, parameters.length) / 4) * 4;

const word = (at: number): string => `uniforms[${at >> 2}].${'xyzw'[at & 3]}`;

/** A word of the header, in code. */
export const header = (name: keyof typeof WORD): string => word(WORD[name]);

/** What the code of a kernel begins with, and how it gets at arrays and parameters. */
export interface Frame {
  readonly arrays: readonly ArrayUse[];
  readonly declarations: readonly string[];
  /** Names where each array begins for the element of the batch. */
  readonly bases: readonly string[];
  /** A component of an entry of an array. */
  at(variable: Pick<Variable, 'name'> & { readonly side: string }, entry: string, component: Component): string;
  readonly parameter: Leaves['parameter'];
  readonly bindings: Kernel['bindings'];
  readonly parameters: readonly string[];
}

/** The frame of a kernel; arrays are packed into one buffer where there are more bindings than the device has. */
export function kernelFrame(
  variables: readonly Variable[],
  parameters: readonly string[],
  others: readonly { readonly binding: 'table' | 'partials' | 'main' | 'second'; readonly writes: boolean }[],
  mostBindings: number,
): Frame {
  const arrays: ArrayUse[] = [];
  for (const { side, name, size } of variables) {
    if ((side === 'row' || side === 'column') && !arrays.some((use) => use.side === side && use.name === name)) {
      arrays.push({ side, name, size });
    }
  }
  const packed = arrays.length + others.length > mostBindings;
  const inputs: Kernel['bindings'] = packed
    ? [{ binding: 'gathered', writes: false }]
    : arrays.map((_, index) => ({ binding: index, writes: false }));
  const bindings = [...inputs, ...others];
  const indexOf = (side: string, name: string) => arrays.findIndex((use) => use.side === side && use.name === name);
  const words = Math.ceil(wordOfParameter(arrays.length, parameters.length) / 4);
  return {
    arrays,
    parameters,
    bindings,
    declarations: [
      `@group(0) @binding(0) var<uniform> uniforms: array<vec4<u32>, ${words}>;`,
      ...bindings.map(({ binding, writes }, index) => {
        const name = typeof binding === 'number' ? `array${binding}` : binding;
        const type = binding === 'table' ? 'u32' : 'f32';
        return `@group(0) @binding(${index + 1}) var<storage, ${writes ? 'read_write' : 'read'}> ${name}: array<${type}>;`;
      }),
    ],
    bases: arrays.map(
      (_, index) => `let base${index} = ${word(wordOfArray(index))} + element * ${word(wordOfArray(index) + 1)};`,
    ),
    at({ side, name }, entry, component) {
      const index = indexOf(side, name);
      const { size } = arrays[index];
      const part = typeof component === 'number' ? `${component}u` : component;
      return `${packed ? 'gathered' : `array${index}`}[base${index} + ${size === 1 ? entry : `${entry} * ${size}u + ${part}`}]`;
    },
    parameter: (name) => `bitcast<f32>(${word(wordOfParameter(arrays.length, parameters.indexOf(name)))})`,
  };
}

/** The text of a kernel, from its parts. */
export const kernelOf = (
  frame: Frame,
  declarations: readonly string[],
  body: readonly string[],
  workgroup: number,
): Kernel => ({
  arrays: frame.arrays,
  parameters: frame.parameters,
  bindings: frame.bindings,
  code: [
    ...frame.declarations,
    ...declarations,
    `@compute @workgroup_size(${workgroup})`,
    'fn reduceRows(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {',
    `  let element = ${header('element')} + group.y;`,
    ...frame.bases.map((line) => `  ${line}`),
    ...body.map((line) => `  ${line}`),
    '}',
  ].join('\n'),
});

/** Whether vectors of this size are computed component by component. */
export const isLong = (size: number): boolean => size > UNROLLED_SIZE;
