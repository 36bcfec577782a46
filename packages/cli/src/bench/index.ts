export { type BenchOptions, type BenchRow, benchBackend } from './benchBackend.js';
