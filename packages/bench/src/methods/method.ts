import type { Transport } from './transport.js';

/**
 * A way to solve a transport problem: yields, sweep by sweep at the last temperature, the larger of the marginal errors
 * that the sweep's softmins showed. Never ends by itself.
 */
export type Method = (problem: Transport) => Generator<number, never>;
