import { cpu } from '@sinkhorn/backend-cpu';
import { gpujs } from '@sinkhorn/backend-gpujs';
import { computeResults, describeBackend, describeResults, manifests } from '@sinkhorn/conformance';
import { oracle } from '../../../tests/setup/oracle.js';

const name = 'gpujs in cpu mode';
const make = () => gpujs({ mode: 'cpu' });

describeBackend(name, make, { manifest: manifests[name], timeout: 0, oracle });
describeResults(name, make, { expected: () => computeResults(cpu()) });
