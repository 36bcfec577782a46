import { wasm } from '@sinkhorn/backend-wasm';
import { describeBackend, describeSolver, manifests } from '@sinkhorn/conformance';
import { keptOracle } from '../../../tests/setup/oracle.js';

const options = { manifest: manifests.wasm, timeout: 0, oracle: keptOracle('float32') };
const onTwoThreads = () => wasm({ threads: 2 });

describeBackend('wasm on two threads', onTwoThreads, options);
describeSolver('wasm on two threads', onTwoThreads, options);
