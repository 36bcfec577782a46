import { webgpu } from '@sinkhorn/backend-webgpu';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { expect, inject, test, vi } from 'vitest';

// On a GPU that software emulates on the page's own processors this solve takes hours, and a single reduction of it minutes.
const POINTS = 200_000;
/** Pieces of the solve to look at, once so many went before that the first kernels are compiled and the pace is found. */
const PIECES = 12;
/** Between two frames; one or two, and more where other work takes the machine. */
const MOST_PIECES = 10;
/** Milliseconds: many times what a piece may take, on a machine with other work, and a fraction of a reduction. */
const LONGEST_WAIT = 5000;

function cloud(shift: number) {
  const points = new Float32Array(3 * POINTS);
  for (let k = 0; k < points.length; k++) points[k] = ((k * 0.618034) % 1) + shift;
  return { points, dimension: 3 };
}

/** Lets the page show frames until more pieces of work were submitted: what came between two frames at most. */
async function frames(pieces: number, submitted: () => number) {
  const began = performance.now();
  const end = submitted() + pieces;
  let [count, wait, most] = [0, 0, 0];
  for (let [time, seen] = [began, submitted()]; seen < end; ) {
    const now = await new Promise<number>((resolve) => requestAnimationFrame(() => resolve(performance.now())));
    count += 1;
    wait = Math.max(wait, now - time);
    most = Math.max(most, submitted() - seen);
    [time, seen] = [now, submitted()];
  }
  return { count, wait, most, seconds: (performance.now() - began) / 1000 };
}

test.each([null, 1e-3])(
  'a page keeps its animation while 200,000 points are under way with tolerance %s, and stops them',
  async (tolerance) => {
    const backend = await webgpu();
    const submit = vi.spyOn(backend.device.queue, 'submit');
    const submitted = () => submit.mock.calls.length;
    const controller = new AbortController();
    const loss = sinkhornDivergence({ backend, blur: 0.05, tolerance, strategy: 'dense', method: 'alternating' });
    let ended = false;
    const reason = new Error('enough');
    const solving = loss
      .valueAndGradients(cloud(0), cloud(0.3), { signal: controller.signal })
      .catch((error: unknown) => error)
      .finally(() => {
        ended = true;
      });
    await frames(PIECES, submitted);
    const { count, wait, most, seconds } = await frames(PIECES, submitted);
    console.info(`${(count / seconds).toFixed(1)} frames a second, ${wait.toFixed(0)} ms at most between two of them`);
    expect(ended).toBe(false);
    expect(most).toBeLessThan(MOST_PIECES);
    expect(wait).toBeLessThan(LONGEST_WAIT * inject('slowness'));

    controller.abort(reason);
    expect(await solving).toBe(reason);
    // What the device still had before it is short, and what was to come is dropped.
    const one = backend.array([7], [1, 1]);
    expect([...(await backend.read(one))]).toEqual([7]);
    backend.release(one);
    expect(backend.memory().buffers).toBe(0);
    backend.dispose();
  },
);
