/** What a device was asked for. */
export interface DeviceUse {
  /** Bytes of the buffers that were made and not destroyed, now and at most. */
  held: number;
  mostHeld: number;
  /** Errors that nothing in the page caught, such as of memory. */
  readonly errors: string[];
}

export interface DeviceWatch {
  /** Of the devices that were opened, in their order. */
  readonly uses: readonly DeviceUse[];
  /** Kernels started on all of them so far. */
  dispatches(): number;
}

/** Watches every device that the page opens from now on. Textures and what a device keeps for itself are not counted. */
export function watchDevices(): DeviceWatch {
  const uses: DeviceUse[] = [];
  const ofDevice = new WeakMap<GPUDevice, DeviceUse>();
  const ofBuffer = new WeakMap<GPUBuffer, DeviceUse>();
  let count = 0;

  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...given) {
    const device = await requestDevice.apply(this, given);
    const use: DeviceUse = { held: 0, mostHeld: 0, errors: [] };
    device.addEventListener('uncapturederror', ({ error }) => use.errors.push(error.message));
    ofDevice.set(device, use);
    uses.push(use);
    return device;
  };
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (...given) {
    const buffer = createBuffer.apply(this, given);
    const use = ofDevice.get(this);
    if (use) {
      ofBuffer.set(buffer, use);
      use.held += buffer.size;
      use.mostHeld = Math.max(use.mostHeld, use.held);
    }
    return buffer;
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    const use = ofBuffer.get(this);
    if (use) use.held -= this.size;
    ofBuffer.delete(this);
    destroy.call(this);
  };
  const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (...given) {
    count += 1;
    dispatchWorkgroups.apply(this, given);
  };
  return { uses, dispatches: () => count };
}
