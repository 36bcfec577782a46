import { BUFFER_USAGE } from './constants.js';
import type { Failures } from './failures.js';

/** A part of a buffer, in bytes; without a size, all from the offset on. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size?: number;
}

/** A run of a kernel, to be enqueued. */
export interface Run {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** What it binds after its uniforms. */
  readonly buffers: readonly BufferRange[];
  readonly uniforms: Uint32Array;
  readonly groups: readonly [number, number, number];
  /** About how many operations it takes. */
  readonly operations: number;
}

/** Work for the device: collected, and submitted in pieces that take about a tenth of a second at most. */
export interface CommandQueue {
  run(run: Run): void;
  copy(from: BufferRange, to: GPUBuffer, toOffset: number, bytes: number): void;
  /** Writes to a buffer, after all that was enqueued before. */
  write(buffer: GPUBuffer, values: Float32Array | Uint32Array): void;
  /** Whether work that uses a buffer was collected and not submitted yet. */
  uses(buffer: GPUBuffer): boolean;
  /** Submits what was collected. */
  flush(): void;
  /** Operations that a run may have, by what this device does in the time it may take. */
  readonly operationsPerRun: number;
  dispose(): void;
}

const UNIFORM_BYTES = 64 * 1024;
/** A submission costs the host about as much as this many runs. */
const MOST_RUNS = 32;
const SUBMISSION_MS = 80;
/** What is taken for granted of a device before it was measured. */
const FIRST_OPERATIONS = 3e8;
const FEWEST_OPERATIONS = 3e7;
const MOST_OPERATIONS = 1e12;

export function commandQueue(device: GPUDevice, failures: Failures): CommandQueue {
  const slotBytes = Math.max(256, device.limits.minUniformBufferOffsetAlignment);
  const uniformBuffer = device.createBuffer({
    size: UNIFORM_BYTES,
    usage: BUFFER_USAGE.uniform | BUFFER_USAGE.copyTarget,
  });
  const uniforms = new Uint32Array(UNIFORM_BYTES / 4);
  let uniformBytes = 0;
  let encoder: GPUCommandEncoder | undefined;
  let pass: GPUComputePassEncoder | undefined;
  let runs = 0;
  let operations = 0;
  /** Buffers that the collected work reads or writes. */
  const touched = new Set<GPUBuffer>();
  let budget = FIRST_OPERATIONS;
  let lastDone = 0;

  const commands = (): GPUCommandEncoder => {
    encoder ??= device.createCommandEncoder();
    return encoder;
  };
  const endPass = () => {
    pass?.end();
    pass = undefined;
  };

  /** Learns what the device does in the time that a submission may take. */
  const measure = (submitted: number) => {
    const began = performance.now();
    device.queue.onSubmittedWorkDone().then(
      () => {
        const now = performance.now();
        const took = Math.max(now - Math.max(began, lastDone), 0.1);
        lastDone = now;
        const fitting = (submitted / took) * SUBMISSION_MS;
        // Short work says nothing of a device that is faster still, but of one that is slow.
        if (fitting > budget && submitted < budget / 4) return;
        const next = Math.max(budget / 2, Math.min(budget * 4, fitting));
        budget = Math.max(FEWEST_OPERATIONS, Math.min(MOST_OPERATIONS, next));
      },
      () => {},
    );
  };

  const flush = () => {
    if (!encoder) return;
    endPass();
    const finished = encoder;
    encoder = undefined;
    failures.guarded('its work', () => {
      if (uniformBytes > 0) device.queue.writeBuffer(uniformBuffer, 0, uniforms, 0, uniformBytes / 4);
      device.queue.submit([finished.finish()]);
    });
    if (operations > FEWEST_OPERATIONS / 4) measure(operations);
    uniformBytes = runs = operations = 0;
    touched.clear();
  };

  return {
    run(run) {
      const bytes = Math.ceil(run.uniforms.byteLength / slotBytes) * slotBytes;
      if (
        runs >= MOST_RUNS ||
        uniformBytes + bytes > UNIFORM_BYTES ||
        (operations > 0 && operations + run.operations > budget)
      ) {
        flush();
      }
      uniforms.set(run.uniforms, uniformBytes / 4);
      const group = device.createBindGroup({
        layout: run.layout,
        entries: [
          { binding: 0, resource: { buffer: uniformBuffer, offset: uniformBytes, size: run.uniforms.byteLength } },
          ...run.buffers.map((resource, index) => ({ binding: index + 1, resource })),
        ],
      });
      pass ??= commands().beginComputePass();
      pass.setPipeline(run.pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...run.groups);
      for (const { buffer } of run.buffers) touched.add(buffer);
      uniformBytes += bytes;
      runs += 1;
      operations += run.operations;
    },
    copy(from, to, toOffset, bytes) {
      endPass();
      commands().copyBufferToBuffer(from.buffer, from.offset, to, toOffset, bytes);
      touched.add(from.buffer).add(to);
    },
    write(buffer, values) {
      if (touched.has(buffer)) flush();
      device.queue.writeBuffer(buffer, 0, values as BufferSource);
    },
    uses: (buffer) => touched.has(buffer),
    flush,
    get operationsPerRun() {
      return budget;
    },
    dispose() {
      uniformBuffer.destroy();
    },
  };
}
