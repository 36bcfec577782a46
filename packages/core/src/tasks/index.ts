export * from './checkRunOptions.js';
export * from './drivers.js';
export { pause } from './pause.js';
export * from './stopSignal.js';
export * from './task.js';
