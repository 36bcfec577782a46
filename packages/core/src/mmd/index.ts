export * from './kernel.js';
export * from './mmd.js';
