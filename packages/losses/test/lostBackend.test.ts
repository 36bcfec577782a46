import { cpu } from '@sinkhorn/backend-cpu';
import { type Backend, DeviceLostError } from '@sinkhorn/core';
import { energyDistance, hausdorffDivergence, type Loss, sinkhornDivergence } from '@sinkhorn/losses';
import { expect, test } from 'vitest';

/** A backend that is disposed of at its call number `at`, before the call is made. */
function disposedAt(at: number): Backend & { readonly isDisposed: boolean } {
  const backend = cpu();
  let calls = 0;
  const count = () => {
    calls += 1;
    if (calls === at) backend.dispose();
  };
  const counted =
    <Parameters extends unknown[], Result>(call: (...parameters: Parameters) => Result) =>
    (...parameters: Parameters): Result => {
      count();
      return call(...parameters);
    };
  return {
    ...backend,
    get isDisposed() {
      return calls >= at;
    },
    readAll: undefined,
    array: counted(backend.array),
    reduce: counted(backend.reduce),
    read: counted(backend.read),
    release: counted(backend.release),
  };
}

const x = [[0], [1], [2.5]];
const y = [[0.3], [1.4]];
const losses: Readonly<Record<string, (backend: Backend) => Loss>> = {
  sinkhorn: (backend) => sinkhornDivergence({ backend, blur: 0.3, tolerance: 1e-3 }),
  hausdorff: (backend) => hausdorffDivergence({ backend, blur: 0.3 }),
  energy: (backend) => energyDistance({ backend }),
};

test.each(Object.entries(losses))(
  '%s: a backend that is disposed of, wherever the computation stands, ends it with a DeviceLostError',
  async (_name, make) => {
    for (let at = 1; ; at += 1) {
      const backend = disposedAt(at);
      const end = await make(backend)
        .valueAndGradients(x, y)
        .catch((error: unknown) => error);
      if (!backend.isDisposed) return;
      // Nothing is missed where the last numbers were read before: then there is a result.
      if (end instanceof Error) expect(end).toBeInstanceOf(DeviceLostError);
    }
  },
);
