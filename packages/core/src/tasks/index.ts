export * from './checkRunOptions.js';
export type { DeviceReader } from './deviceReader.js';
export * from './drivers.js';
export { preparing } from './preparing.js';
export * from './runOptions.js';
export * from './stopSignal.js';
export * from './task.js';
export * from './work.js';
