import { wasm } from '@sinkhorn/backend-wasm';
import { describeBackend } from '@sinkhorn/conformance';
import { expect, inject, test } from 'vitest';

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

describeBackend(`wasm in ${isolated ? 'an isolated' : 'a'} page`, () => wasm({ threads: 2 }));
