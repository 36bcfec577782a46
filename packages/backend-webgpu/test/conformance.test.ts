import { webgpu } from '@sinkhorn/backend-webgpu';
import { describeBackend } from '@sinkhorn/conformance';

describeBackend('webgpu in Node', webgpu);
