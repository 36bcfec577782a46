export * from './mmd.js';
export * from './mmdOnDevice.js';
export { NORM_FLOOR } from './rounding.js';
