import type { Frame, Scales } from './box.js';
import { fitting } from './fitting.js';
import { siPrefixed } from './siPrefixed.js';
import { element, label } from './svg.js';
import { theme } from './theme.js';

/** Draws a panel with a light grid, ticks and the names of both axes; an axis without a name has neither. */
export function drawAxes(frame: Frame, scales: Scales, names: readonly [string, string]): string {
  const bottom = frame.y + frame.height;
  const [nameX, nameY] = names;
  const ticksX = nameX ? scales.x.ticks(7) : [];
  const ticksY = nameY ? scales.y.ticks(6) : [];
  const formatX = scales.x.tickFormat(7, siPrefixed(ticksX));
  const formatY = scales.y.tickFormat(6, siPrefixed(ticksY));
  // Zero has no prefix.
  const shown = (tick: number, format: (tick: number) => string) => (tick === 0 ? '0' : format(tick));
  return element(
    'g',
    { 'font-size': 12, fill: theme.muted },
    element('rect', { ...frame, rx: 8, fill: theme.panel }),
    ...ticksX.map((tick) => gridLine(scales.x(tick), frame.y, scales.x(tick), bottom)),
    ...ticksY.map((tick) => gridLine(frame.x, scales.y(tick), frame.x + frame.width, scales.y(tick))),
    ...ticksX.map((tick) => label(scales.x(tick), bottom + 18, shown(tick, formatX), { 'text-anchor': 'middle' })),
    ...ticksY.map((tick) => label(frame.x - 8, scales.y(tick) + 4, shown(tick, formatY), { 'text-anchor': 'end' })),
    label(frame.x + frame.width / 2, bottom + 38, fitting(nameX, frame.width, 12), {
      'text-anchor': 'middle',
      fill: theme.text,
    }),
    label(frame.x, frame.y - 10, fitting(nameY, frame.width, 12), { fill: theme.text }),
  );
}

function gridLine(x1: number, y1: number, x2: number, y2: number): string {
  return element('line', { x1, y1, x2, y2, stroke: theme.line, 'stroke-width': 1 });
}
