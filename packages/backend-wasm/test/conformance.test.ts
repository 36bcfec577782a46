import { wasm } from '@sinkhorn/backend-wasm';
import { describeBackend } from '@sinkhorn/conformance';

describeBackend('wasm on one thread', () => wasm({ threads: 1 }));
describeBackend('wasm on two threads', () => wasm({ threads: 2 }));
describeBackend('wasm in float64', () => wasm({ precision: 'float64' }));
