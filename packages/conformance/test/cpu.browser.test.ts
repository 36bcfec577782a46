import { cpu } from '@sinkhorn/backend-cpu';
import { describeBackend } from '@sinkhorn/conformance';

describeBackend('cpu', cpu);
