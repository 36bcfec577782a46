/** What core's solvers give in Node, for browsers to be held to: asked for by the command `resultsInNode` of vitest.config.ts. */
import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
// Past the index of the package, which brings vitest.
import { computeResults, type Results } from '../../packages/conformance/src/results/computeResults.js';

/** On the float64 reference, or on wasm without what newer engines round differently. */
export async function resultsInNode(name: 'cpu' | 'wasm'): Promise<Results> {
  return computeResults(name === 'cpu' ? cpu() : await wasm({ threads: 1, relaxedSimd: false }));
}
