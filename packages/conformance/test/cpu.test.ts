import { cpu } from '@sinkhorn/backend-cpu';
import { describeBackend, manifests } from '@sinkhorn/conformance';
import { keptOracle } from '../../../tests/setup/oracle.js';

describeBackend('cpu', cpu, { manifest: manifests.cpu, timeout: 0, oracle: keptOracle('float64') });
