import { cpu } from '@sinkhorn/backend-cpu';
import { timed } from '../measuring/timed.js';
import { softminSetting } from './softminSetting.js';

/** Computes one softmin, for the memory it takes; gives the seconds. */
export function softminOnce({ n, by }: { n: number; by: 'hand' | 'backend' }): number {
  const setting = softminSetting(n);
  return timed(() => (by === 'hand' ? setting.byHand() : setting.onBackend(cpu()))).seconds;
}
