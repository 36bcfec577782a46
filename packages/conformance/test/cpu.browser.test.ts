import { cpu } from '@sinkhorn/backend-cpu';
import { describeBackend, describeResults, manifests } from '@sinkhorn/conformance';
import { commands } from 'vitest/browser';
import { oracle } from '../../../tests/setup/oracleInBrowser.js';

describeBackend('cpu', cpu, { manifest: manifests.cpu, timeout: 0, oracle });
describeResults('cpu', cpu, { expected: () => commands.resultsInNode('cpu'), tolerance: 0 });
