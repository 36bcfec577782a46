import type { Frame, Scales } from './box.js';
import { element, label } from './svg.js';
import { theme } from './theme.js';

/** Draws a panel with a light grid, ticks and the names of both axes; an axis without a name has neither. */
export function drawAxes(frame: Frame, scales: Scales, names: readonly [string, string]): string {
  const bottom = frame.y + frame.height;
  const [nameX, nameY] = names;
  const ticksX = nameX ? scales.x.ticks(7) : [];
  const ticksY = nameY ? scales.y.ticks(6) : [];
  const formatX = scales.x.tickFormat(7, specifierOf(ticksX));
  const formatY = scales.y.tickFormat(6, specifierOf(ticksY));
  return element(
    'g',
    { 'font-size': 12, fill: theme.muted },
    element('rect', { ...frame, rx: 8, fill: theme.panel }),
    ...ticksX.map((tick) => gridLine(scales.x(tick), frame.y, scales.x(tick), bottom)),
    ...ticksY.map((tick) => gridLine(frame.x, scales.y(tick), frame.x + frame.width, scales.y(tick))),
    ...ticksX.map((tick) => label(scales.x(tick), bottom + 18, formatX(tick), { 'text-anchor': 'middle' })),
    ...ticksY.map((tick) => label(frame.x - 8, scales.y(tick) + 4, formatY(tick), { 'text-anchor': 'end' })),
    label(frame.x + frame.width / 2, bottom + 38, nameX, { 'text-anchor': 'middle', fill: theme.text }),
    label(frame.x, frame.y - 10, nameY, { fill: theme.text }),
  );
}

function gridLine(x1: number, y1: number, x2: number, y2: number): string {
  return element('line', { x1, y1, x2, y2, stroke: theme.line, 'stroke-width': 1 });
}

/** Numbers with many digits have a prefix of the SI: 50k for 50,000, 20µ for 0.00002. */
function specifierOf(ticks: readonly number[]): string | undefined {
  const largest = Math.max(...ticks.map(Math.abs));
  return largest >= 1e4 || (largest > 0 && largest < 1e-3) ? '~s' : undefined;
}
