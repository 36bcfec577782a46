import type { Kernel } from '../kernel/kernel.js';
import { STAGE_COMPUTE } from './constants.js';
import type { Failures } from './failures.js';

/** A kernel, compiled. */
export interface CompiledKernel extends Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiles a kernel; the device tells later whether it could. */
export function compileKernel(device: GPUDevice, failures: Failures, kernel: Kernel): CompiledKernel {
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
    const pipeline = device.createComputePipeline({
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ code: kernel.code }), entryPoint: 'reduceRows' },
    });
    return { ...kernel, pipeline, layout };
  });
}
