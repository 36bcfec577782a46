import { wasm } from '@sinkhorn/backend-wasm';
import { describeBackend } from '@sinkhorn/conformance';

describeBackend('wasm on two threads', () => wasm({ threads: 2 }));
// Over what was built, one of them shows that kernels and workers are found and start.
if (process.env.SINKHORN_BUILT !== '1') {
  describeBackend('wasm on one thread', () => wasm({ threads: 1 }));
  describeBackend('wasm in float64', () => wasm({ precision: 'float64' }));
}
