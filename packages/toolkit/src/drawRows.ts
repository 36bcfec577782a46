import { drawBelow, drawsFrom } from '@sinkhorn/core/random';
import { placesTo } from './placesTo.js';

/** Up to so many of `count` rows, each as likely as the others, in their order. */
export function drawRows(count: number, most: number, seed: number): Uint32Array {
  const rows = placesTo(count);
  if (count <= most) return rows;
  const draw = drawsFrom(seed);
  for (let k = 0; k < most; k++) {
    const other = k + drawBelow(count - k, draw);
    const moved = rows[k];
    rows[k] = rows[other];
    rows[other] = moved;
  }
  return rows.slice(0, most).sort();
}
