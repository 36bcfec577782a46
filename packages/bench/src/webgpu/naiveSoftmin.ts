import type { KernelInput } from '../kernels/kernelInput.js';
import { softminProblem } from '../kernels/softmin.js';

const WORKGROUP = 64;

/** The kernel one would write first: a thread takes a row, and all columns one after the other, from global memory. */
const code = (dimension: number): string => `
const D = ${dimension}u;
struct Parameters { rows: u32, columns: u32, epsilon: f32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> h: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;
@group(0) @binding(4) var<uniform> parameters: Parameters;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= parameters.rows) { return; }
  var point: array<f32, D>;
  for (var d = 0u; d < D; d++) { point[d] = x[i * D + d]; }
  var largest = -3.0e38;
  var total = 0.0;
  for (var j = 0u; j < parameters.columns; j++) {
    var square = 0.0;
    for (var d = 0u; d < D; d++) {
      let difference = point[d] - y[j * D + d];
      square += difference * difference;
    }
    let score = h[j] - square / (2.0 * parameters.epsilon);
    if (score > largest) {
      total = total * exp(largest - score) + 1.0;
      largest = score;
    } else {
      total += exp(score - largest);
    }
  }
  result[i] = -parameters.epsilon * (largest + log(total));
}`;

/** Uploads an input to a device, and gives what runs the kernel on it and reads the result. */
export async function naiveSoftmin(device: GPUDevice, input: KernelInput): Promise<() => Promise<Float32Array>> {
  const { x, y, dimension, h, epsilon } = softminProblem(2, input);
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: code(dimension) }), entryPoint: 'main' },
  });
  const upload = (values: ArrayBuffer, usage: number) => {
    const buffer = device.createBuffer({ size: values.byteLength, usage: usage | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(buffer, 0, values);
    return buffer;
  };
  const rows = x.length / dimension;
  const parameters = new DataView(new ArrayBuffer(16));
  parameters.setUint32(0, rows, true);
  parameters.setUint32(4, h.length, true);
  parameters.setFloat32(8, epsilon, true);
  const result = device.createBuffer({ size: 4 * rows, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const staging = device.createBuffer({ size: 4 * rows, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const buffers = [
    ...[x, y, h].map((values) => upload(Float32Array.from(values).buffer, GPUBufferUsage.STORAGE)),
    result,
    upload(parameters.buffer, GPUBufferUsage.UNIFORM),
  ];
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return async () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(Math.ceil(rows / WORKGROUP));
    pass.end();
    encoder.copyBufferToBuffer(result, 0, staging, 0, 4 * rows);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(staging.getMappedRange()).slice();
    staging.unmap();
    return values;
  };
}
