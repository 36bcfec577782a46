import { typeByte } from './functionBuilder.js';
import { unsigned } from './leb128.js';

/** The most pages of 64 KiB that an address of 32 bits reaches. */
export const LARGEST_MEMORY_PAGES = 65536;

const text = (value: string): number[] => [...unsigned(value.length), ...new TextEncoder().encode(value)];
const section = (id: number, bytes: readonly number[]): number[] => [id, ...unsigned(bytes.length), ...bytes];

/**
 * A WebAssembly module that imports the memory `env.memory` and exports one function `run`, which takes `parameterCount`
 * numbers and returns none. A module with shared memory and one without differ in their import.
 */
export function encodeModule(parameterCount: number, functionBody: readonly number[], shared: boolean): Uint8Array {
  const limits = shared ? [3, 0, ...unsigned(LARGEST_MEMORY_PAGES)] : [0, 0];
  const signature = [0x60, ...unsigned(parameterCount), ...new Array(parameterCount).fill(typeByte('i32')), 0];
  const bodyLength = unsigned(functionBody.length);
  const head = [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, ...signature]),
    ...section(2, [1, ...text('env'), ...text('memory'), 2, ...limits]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text('run'), 0, 0]),
    ...[10, ...unsigned(1 + bodyLength.length + functionBody.length), 1, ...bodyLength],
  ];
  const module = new Uint8Array(head.length + functionBody.length);
  module.set(head);
  module.set(functionBody, head.length);
  return module;
}
