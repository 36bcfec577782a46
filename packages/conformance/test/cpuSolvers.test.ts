import { cpu } from '@sinkhorn/backend-cpu';
import { describeSolver, manifests } from '@sinkhorn/conformance';
import { keptOracle } from '../../../tests/setup/oracle.js';

describeSolver('cpu', cpu, { manifest: manifests.cpu, timeout: 0, oracle: keptOracle('solversFloat64') });
