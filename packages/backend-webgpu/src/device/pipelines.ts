import type { Kernel } from '../kernel/kernel.js';
import { STAGE_COMPUTE } from './constants.js';
import type { Failures } from './failures.js';

/** A kernel that is being compiled, or was. */
export interface CompiledKernel extends Kernel {
  readonly layout: GPUBindGroupLayout;
  isReady(): boolean;
  /** The pipeline; where it is not ready, it is compiled on the spot. */
  pipeline(): GPUComputePipeline;
}

/** Begins to compile a kernel beside other work; what the device has against it is told as a failure. */
export function compileKernel(
  device: GPUDevice,
  failures: Failures,
  kernel: Kernel,
  onReady: () => void,
): CompiledKernel {
  return failures.guarded('a kernel', () => {
    const layout = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility: STAGE_COMPUTE, buffer: { type: 'uniform' } },
        ...kernel.bindings.map(({ writes }, index) => ({
          binding: index + 1,
          visibility: STAGE_COMPUTE,
          buffer: { type: writes ? ('storage' as const) : ('read-only-storage' as const) },
        })),
      ],
    });
    const description = {
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ code: kernel.code }), entryPoint: 'reduceRows' },
    };
    let pipeline: GPUComputePipeline | undefined;
    device.createComputePipelineAsync(description).then(
      (compiled) => {
        pipeline ??= compiled;
        onReady();
      },
      (error: Error) => failures.refused('a kernel', error.message),
    );
    return {
      ...kernel,
      layout,
      isReady: () => pipeline !== undefined,
      pipeline() {
        pipeline ??= failures.guarded('a kernel', () => device.createComputePipeline(description));
        return pipeline;
      },
    };
  });
}
