import type { Frame, Scales } from './box.js';
import type { Projection } from './projection.js';
import { element, label } from './svg.js';
import { theme } from './theme.js';

/** Pixels of the longest arrow. */
const LONGEST = 34;

/**
 * Says how a picture of space is to be seen: where coordinates point to, in the lower left corner of a frame, and the name of the
 * projection, which ends at `right`. Of other pictures nothing.
 */
export function drawCompass(frame: Frame, right: number, scales: Scales, space: Projection['space']): string {
  if (!space) return '';
  const [x, y] = [frame.x + 40, frame.y + frame.height - 22];
  const ways = space.axes.map((axis) => ({
    name: axis.name,
    dx: scales.x(axis.x) - scales.x(0),
    dy: scales.y(axis.y) - scales.y(0),
  }));
  const factor = LONGEST / Math.max(...ways.map(({ dx, dy }) => Math.hypot(dx, dy)));
  return element(
    'g',
    { 'font-size': 12, fill: theme.muted, stroke: 'none' },
    ...ways.flatMap(({ name, dx, dy }) => {
      const [x2, y2] = [x + factor * dx, y + factor * dy];
      // Names stand beyond the ends, on the side that the arrow goes to.
      const length = Math.hypot(x2 - x, y2 - y) || 1;
      const [nameX, nameY] = [x2 + (9 * (x2 - x)) / length, y2 + (9 * (y2 - y)) / length + 4];
      const anchor = x2 > x + 4 ? 'start' : x2 < x - 4 ? 'end' : 'middle';
      return [
        element('line', { x1: x, y1: y, x2, y2, stroke: theme.muted, 'stroke-width': 1.5 }),
        label(nameX, nameY, name, { 'text-anchor': anchor }),
      ];
    }),
    label(right, frame.y + 4, space.name, { 'text-anchor': 'end' }),
  );
}
