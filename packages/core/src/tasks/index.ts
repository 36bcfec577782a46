export * from './drivers.js';
export * from './task.js';
