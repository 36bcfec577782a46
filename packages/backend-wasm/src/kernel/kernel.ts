import { encodeModule } from '../encoding/encodeModule.js';
import type { ArgumentLayout } from './arguments.js';
import { KERNEL_PARAMETERS, type KernelFrame } from './kernelFrame.js';

/** A kernel, ready to be compiled, and what has to be known to call it. */
export interface Kernel {
  /** A WebAssembly module whose export `run` takes KERNEL_PARAMETERS. */
  readonly module: Uint8Array;
  readonly layout: ArgumentLayout;
  /** Memory of its own that each call needs, at the address `scratch`. */
  readonly scratchBytes: number;
  /** How many rows a call takes at most. */
  readonly rowsAtMost: number;
}

/** The module of a kernel that has been written. */
export function encodeKernel({ builder, layout }: KernelFrame, shared: boolean): Pick<Kernel, 'module' | 'layout'> {
  return { module: encodeModule(KERNEL_PARAMETERS.length, builder.finish(), shared), layout };
}
