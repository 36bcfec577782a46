import { cpu } from '@sinkhorn/backend-cpu';
import { computeResults, describeBackend, describeResults } from '@sinkhorn/conformance';
import { toy } from 'toy-backend';
import { oracle } from '../../../tests/setup/oracle.js';

describeBackend('toy', toy, { timeout: 0, oracle });
describeResults('toy', toy, { expected: () => computeResults(cpu()) });
