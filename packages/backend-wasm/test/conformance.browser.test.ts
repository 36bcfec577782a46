import { wasm } from '@sinkhorn/backend-wasm';
import { describeBackend, describeResults, manifests } from '@sinkhorn/conformance';
import { expect, inject, test } from 'vitest';
import { commands } from 'vitest/browser';
import { oracle } from '../../../tests/setup/oracleInBrowser.js';

// The same file runs in a page that is cross-origin isolated, where memory can be shared with workers, and in one that
// is not.
const isolated = inject('isolated');

test(`has ${isolated ? 'two threads' : 'one thread'}, and says why`, async () => {
  expect(crossOriginIsolated).toBe(isolated);
  const backend = await wasm({ threads: 2 });
  expect(backend.threads).toBe(isolated ? 2 : 1);
  expect(backend.description).toMatch(isolated ? /2 threads/ : /1 thread \(.*not cross-origin isolated\)/);
  backend.dispose();
});

const name = `wasm in ${isolated ? 'an isolated' : 'a'} page`;
const resultsInNode = () => commands.resultsInNode('wasm');

describeBackend(name, () => wasm({ threads: 2 }), { manifest: manifests.wasm, timeout: 0, oracle });
describeResults(name, () => wasm({ threads: 2, relaxedSimd: false }), { expected: resultsInNode, tolerance: 0 });
// Multiply-adds in one rounding give other bits.
describeResults(`${name}, with relaxed SIMD`, () => wasm({ threads: 2 }), { expected: resultsInNode, tolerance: 1e-6 });
