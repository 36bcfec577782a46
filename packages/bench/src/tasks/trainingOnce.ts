import { trainingStep } from './trainingTimes.js';

/** Takes one step of training, dense or by the op, for the memory it takes. */
export async function trainingOnce({ by, n }: { by: 'dense' | 'op'; n: number }): Promise<number> {
  return await trainingStep(by, n);
}
