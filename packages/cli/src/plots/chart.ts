import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { cardHeader, drawCard } from './card.js';
import { theme } from './theme.js';

/** A chart on a card. */
export interface Chart {
  readonly title: string;
  readonly subtitle: string;
  readonly width?: number;
  readonly height?: number;
  readonly plot: Plot.PlotOptions;
}

/** Draws a chart of Observable Plot as an SVG document on a card like the other pictures'. */
export function drawChart({ title, subtitle, width = 900, height = 480, plot }: Chart): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const chart = Plot.plot({
    marginLeft: 60,
    marginBottom: 44,
    ...plot,
    document: document as unknown as Document,
    width: width - 48,
    height: height - cardHeader - 12,
    style: { fontFamily: theme.font, fontSize: '12px', color: theme.muted, background: 'none' },
  });
  chart.setAttribute('x', '24');
  chart.setAttribute('y', String(cardHeader));
  return drawCard({ width, height, title, subtitle, content: [roundNumbers(chart.outerHTML)] });
}

/** Plot writes coordinates with sixteen digits; a hundredth of a pixel is enough. Text, such as ticks, stays as it is. */
function roundNumbers(svg: string): string {
  return svg.replace(/="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d+\.\d{3,}/g, (digits) => String(Math.round(Number(digits) * 100) / 100)),
  );
}
