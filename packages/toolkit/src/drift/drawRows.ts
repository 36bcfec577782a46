import { drawBelow, drawsFrom } from '@sinkhorn/core/random';

/** Up to so many of `count` rows, each as likely as the others, in their order. */
export function drawRows(count: number, most: number, seed: number): Uint32Array {
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  if (count <= most) return rows;
  const draw = drawsFrom(seed);
  for (let k = 0; k < most; k++) {
    const other = k + drawBelow(count - k, draw);
    [rows[k], rows[other]] = [rows[other], rows[k]];
  }
  return rows.slice(0, most).sort();
}
