import { lanes } from './arithmetic/lanes.js';
import { encodeModule } from './encoding/encodeModule.js';
import { functionBuilder } from './encoding/functionBuilder.js';
import { f32x4, type Vector } from './encoding/v128.js';

/** Whether the engine compiles a function with this vector in it. */
function compiles(vector: Vector): boolean {
  const { builder } = functionBuilder(0);
  builder.local(vector);
  return WebAssembly.validate(encodeModule(0, builder.finish(), false) as BufferSource);
}

const one = lanes('float32', false).constant(1);

/** Compiles the smallest kernel: throws what the platform says where it refuses, as a content security policy may. */
export function compileNothing(): void {
  new WebAssembly.Module(encodeModule(0, functionBuilder(0).builder.finish(), false) as BufferSource);
}

/** Whether the engine has SIMD of 128 bits: all current ones do. */
export const hasSimd = (): boolean => compiles(one);

/** Whether it has relaxed SIMD, with multiply-adds in one rounding. */
export const hasRelaxedSimd = (): boolean => compiles(f32x4.relaxedMadd(one, one, one));

/** Whether memory can be shared with workers here: in a page, only where it is cross-origin isolated. */
export function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  return (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;
}
