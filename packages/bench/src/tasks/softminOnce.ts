import { onBackend } from '../backends/onBackend.js';
import { kernelInput } from '../kernels/kernelInput.js';
import { kernelOn } from '../kernels/kernelOn.js';
import { kernels } from '../kernels/kernels.js';
import { timed } from '../measuring/timed.js';

/** Computes one softmin in three dimensions, for the memory it takes; gives the seconds. */
export async function softminOnce({ n, by }: { n: number; by: 'hand' | 'backend' }): Promise<number> {
  const input = kernelInput(3, n);
  const { softmin } = kernels;
  if (by === 'hand') return timed(() => softmin.byHand(input)).seconds;
  return await onBackend({ name: 'cpu' }, (backend) => timed(kernelOn(backend, softmin, input)).seconds);
}
