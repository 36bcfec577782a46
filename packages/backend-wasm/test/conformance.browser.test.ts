import { wasm } from '@sinkhorn/backend-wasm';
import { describeBackend } from '@sinkhorn/conformance';
import { expect, test } from 'vitest';

// The same file runs in a page that is cross-origin isolated, where memory can be shared with workers, and in one that
// is not.
const threads = crossOriginIsolated ? 2 : 1;

test(`has ${threads} of 2 threads, and says why`, async () => {
  const backend = await wasm({ threads: 2 });
  expect(backend.threads).toBe(threads);
  expect(backend.description).toMatch(crossOriginIsolated ? /2 threads/ : /1 thread \(.*not cross-origin isolated\)/);
  backend.dispose();
});

describeBackend(`wasm in ${crossOriginIsolated ? 'an isolated' : 'a'} page`, () => wasm({ threads: 2 }));
