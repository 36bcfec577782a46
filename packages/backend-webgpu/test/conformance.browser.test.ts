import { webgpu } from '@sinkhorn/backend-webgpu';
import { describeBackend, describeResults, manifests } from '@sinkhorn/conformance';
import { commands } from 'vitest/browser';
import { oracle } from '../../../tests/setup/oracleInBrowser.js';

describeBackend('webgpu in a page', webgpu, { manifest: manifests.webgpu, timeout: 0, oracle });
describeResults('webgpu in a page', webgpu, { expected: () => commands.resultsInNode('cpu') });
