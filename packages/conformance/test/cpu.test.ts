import { cpu } from '@sinkhorn/backend-cpu';
import { describeBackend, describeSolver, manifests } from '@sinkhorn/conformance';
import { keptOracle } from '../../../tests/setup/oracle.js';

const options = { manifest: manifests.cpu, timeout: 0, oracle: keptOracle('float64') };

describeBackend('cpu', cpu, options);
describeSolver('cpu', cpu, options);
