import type { WebgpuType } from '../webgpuType.js';

/** Which device to open. */
export interface DeviceOptions {
  readonly adapter?: WebgpuType<'GPUAdapter'>;
  readonly powerPreference?: 'low-power' | 'high-performance';
}
