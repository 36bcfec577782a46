import { cpu } from '@sinkhorn/backend-cpu';
import { describeBackend, manifests } from '@sinkhorn/conformance';
import { keptOracle } from '../../../tests/setup/oracle.js';

// `pnpm test:fast` takes the quick ones.
const quick = Boolean(process.env.SINKHORN_QUICK);
describeBackend('cpu', cpu, { manifest: manifests.cpu, timeout: 0, oracle: keptOracle('float64'), quick });
