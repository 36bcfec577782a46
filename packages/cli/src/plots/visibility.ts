import { boxOf } from './box.js';
import type { Planar } from './projection.js';

/**
 * Tells which points of a surface face the viewer: those with nothing clearly nearer around the same place.
 *
 * A grid over the picture, its cells about two points wide, keeps the nearest depth that was seen in each cell.
 */
export function isVisible(cloud: Planar): (index: number) => boolean {
  const count = cloud.x.length;
  const box = boxOf([cloud]);
  const [width, height] = [box.right - box.left, box.top - box.bottom];
  const cell = 1.6 * Math.sqrt((width * height) / Math.max(1, count)) || 1;
  const across = Math.ceil(width / cell) + 3;
  const cellOf = (i: number): number =>
    (Math.floor((cloud.y[i] - box.bottom) / cell) + 1) * across + Math.floor((cloud.x[i] - box.left) / cell) + 1;

  const nearest = new Float64Array(across * (Math.ceil(height / cell) + 3)).fill(-Infinity);
  for (let i = 0; i < count; i++) nearest[cellOf(i)] = Math.max(nearest[cellOf(i)], cloud.depth[i]);

  // A slanted surface moves on in depth from cell to cell: only what lies well behind is hidden.
  const slack = 0.12 * Math.hypot(width, height);
  return (i) => {
    const home = cellOf(i);
    for (const row of [-across, 0, across]) {
      for (const column of [-1, 0, 1]) {
        if (nearest[home + row + column] > cloud.depth[i] + slack) return false;
      }
    }
    return true;
  };
}
