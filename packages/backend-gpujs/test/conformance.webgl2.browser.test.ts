import { gpujs } from '@sinkhorn/backend-gpujs';
import { describeBackend, describeResults, manifests } from '@sinkhorn/conformance';
import { commands } from 'vitest/browser';
import { oracle } from '../../../tests/setup/oracleInBrowser.js';

const name = 'gpujs in mode webgl2';
const make = () => gpujs({ mode: 'webgl2', load: () => import('gpu.js') });

describeBackend(name, make, { manifest: manifests[name], timeout: 0, oracle });
describeResults(name, make, { expected: () => commands.resultsInNode('cpu') });
