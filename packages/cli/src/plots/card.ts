import { fitting } from './fitting.js';
import { element, label } from './svg.js';
import { theme } from './theme.js';

/** A whole picture: a dark card with a title, a line below it, and the drawing. */
export interface Card {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly subtitle: string;
  readonly content: readonly string[];
}

/** Height of the strip at the top that the title takes. */
export const cardHeader = 84;

/** The picture as an SVG document. */
export function drawCard({ width, height, title, subtitle, content }: Card): string {
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      'font-family': theme.font,
      role: 'img',
      'aria-label': `${title} (${subtitle})`,
    },
    element('rect', { width, height, rx: 14, fill: theme.background }),
    label(32, 44, fitting(title, width - 64, 22, true), { fill: theme.text, 'font-size': 22, 'font-weight': 600 }),
    label(32, 68, fitting(subtitle, width - 64, 13), { fill: theme.muted, 'font-size': 13 }),
    ...content,
  )}\n`;
}
