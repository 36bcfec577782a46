import { BUFFER_USAGE } from './constants.js';
import type { Failures } from './failures.js';
import type { CopyStep, RunStep } from './steps.js';

/** Work that goes to the device at once. */
export interface Submission {
  /** Operations of what was collected. */
  readonly operations: number;
  readonly isEmpty: boolean;
  /** Whether there is room for another run, whatever it takes. */
  hasRoom(step: RunStep): boolean;
  add(step: RunStep | CopyStep): void;
  /** Whether something collected uses a buffer. */
  uses(buffer: GPUBuffer): boolean;
  submit(): void;
  /** Forgets what was collected. */
  clear(): void;
  destroy(): void;
}

/** What the numbers of all runs of a submission may take: every device of WebGPU can bind as much at a time. */
const UNIFORM_BYTES = 64 * 1024;
/** A submission costs the host about as much as this many runs. */
const MOST_RUNS = 32;

export function submission(device: GPUDevice, failures: Failures): Submission {
  const slotBytes = Math.max(256, device.limits.minUniformBufferOffsetAlignment);
  const uniformBuffer = failures.guarded('its parameters', () =>
    device.createBuffer({ size: UNIFORM_BYTES, usage: BUFFER_USAGE.uniform | BUFFER_USAGE.copyTarget }),
  );
  const uniforms = new Uint32Array(UNIFORM_BYTES / 4);
  let uniformBytes = 0;
  let steps: (RunStep | CopyStep)[] = [];
  let runs = 0;
  let operations = 0;
  /** Buffers that the collected work reads or writes. */
  const touched = new Set<GPUBuffer>();
  const bytesOf = (step: RunStep) => Math.ceil(step.uniforms.byteLength / slotBytes) * slotBytes;

  const encode = (): GPUCommandBuffer => {
    const encoder = device.createCommandEncoder();
    let pass: GPUComputePassEncoder | undefined;
    let offset = 0;
    for (const step of steps) {
      if (step.type === 'copy') {
        pass?.end();
        pass = undefined;
        const { from, to, toOffset, bytes } = step;
        encoder.copyBufferToBuffer(from.buffer, from.offset, to, toOffset, bytes);
        continue;
      }
      const { kernel, ranges, groups } = step;
      const group = device.createBindGroup({
        layout: kernel.layout,
        entries: [
          { binding: 0, resource: { buffer: uniformBuffer, offset, size: step.uniforms.byteLength } },
          ...ranges.map((resource, index) => ({ binding: index + 1, resource })),
        ],
      });
      pass ??= encoder.beginComputePass();
      pass.setPipeline(kernel.pipeline());
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...groups);
      offset += bytesOf(step);
    }
    pass?.end();
    return encoder.finish();
  };

  const clear = () => {
    steps = [];
    uniformBytes = runs = operations = 0;
    touched.clear();
  };

  return {
    get operations() {
      return operations;
    },
    get isEmpty() {
      return steps.length === 0;
    },
    hasRoom: (step) => runs < MOST_RUNS && uniformBytes + bytesOf(step) <= UNIFORM_BYTES,
    add(step) {
      steps.push(step);
      if (step.type === 'copy') {
        touched.add(step.from.buffer).add(step.to);
        return;
      }
      uniforms.set(step.uniforms, uniformBytes / 4);
      for (const { buffer } of step.ranges) touched.add(buffer);
      uniformBytes += bytesOf(step);
      runs += 1;
      operations += step.operations;
    },
    uses: (buffer) => touched.has(buffer),
    submit() {
      failures.guarded('its work', () => {
        if (uniformBytes > 0) device.queue.writeBuffer(uniformBuffer, 0, uniforms, 0, uniformBytes / 4);
        device.queue.submit([encode()]);
      });
      clear();
    },
    clear,
    destroy() {
      uniformBuffer.destroy();
    },
  };
}
