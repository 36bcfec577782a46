import { gpujs } from '@sinkhorn/backend-gpujs';
import { describeBackend } from '@sinkhorn/conformance';

describeBackend('gpujs in mode webgl2', () => gpujs({ mode: 'webgl2' }));
