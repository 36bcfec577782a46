import { gpujs } from '@sinkhorn/backend-gpujs';
import { describeBackend } from '@sinkhorn/conformance';

describeBackend('gpujs in cpu mode', () => gpujs({ mode: 'cpu' }));
