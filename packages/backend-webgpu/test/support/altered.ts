/** A device with some of its properties replaced: with lower limits, or with failures that cannot be made otherwise. */
export function altered(device: GPUDevice, changes: Record<string, unknown>): GPUDevice {
  return new Proxy(device, {
    get(target, name) {
      if (typeof name === 'string' && name in changes) return changes[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Limits with some of them replaced; those of a device are no plain object. */
export const withLimits = (device: GPUDevice, limits: Partial<Record<keyof GPUSupportedLimits, number>>): GPUDevice =>
  altered(device, {
    limits: new Proxy(device.limits, {
      get: (target, name) => Reflect.get(limits, name) ?? Reflect.get(target, name, target),
    }),
  });
