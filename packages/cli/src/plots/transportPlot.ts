import { linkHorizontal } from 'd3-shape';
import { count } from '../writers/numbers.js';
import { drawAxes } from './axes.js';
import { boxOf, type Frame, fit, type Scales } from './box.js';
import { cardHeader, drawCard } from './card.js';
import { drawCompass } from './compass.js';
import { drawPoints, hex, nearnessOf, radiusFor, thin } from './drawPoints.js';
import { leftToRight, positionColour } from './positionColour.js';
import { type Planar, type Projection, projectionOf } from './projection.js';
import { element, label, short } from './svg.js';
import { theme } from './theme.js';

/** A cloud as a picture needs it. */
export interface PlottedCloud {
  readonly name: string;
  /** Coordinates, row after row. */
  readonly points: ArrayLike<number>;
  readonly weights?: ArrayLike<number>;
}

/** What a picture of transport shows. */
export interface TransportPicture {
  readonly title: string;
  readonly subtitle: string;
  /** Names of the coordinates. */
  readonly columns: readonly string[];
  readonly a: PlottedCloud;
  readonly b: PlottedCloud;
  /** Where each point of A goes: [N, D]. */
  readonly targets: ArrayLike<number>;
  /** Where each point of B comes from: [M, D]. With it, B takes A's colours. */
  readonly sources?: ArrayLike<number>;
  /** What a line from a point means, for the legend. */
  readonly meaning: string;
}

/** More points than this make a larger file and not a better picture. */
const maxPoints = 4000;
const maxLines = 1200;
const size = { width: 1200, height: 700 };

/**
 * Draws how A goes onto B as an SVG document of less than 2 MB, whatever the number of points.
 *
 * A's points are coloured by where they are. In three dimensions, where it is known which points come to each point of
 * B, both clouds stand side by side and B has the colours of those points; otherwise both lie in one frame, with a line
 * from each point of A to where it goes. Above three dimensions the frame shows the two principal axes, and in one
 * dimension A lies above B.
 */
export function transportPlot(picture: TransportPicture): string {
  const projection = projectionOf([picture.a.points, picture.b.points], picture.columns);
  const drawn: Drawn = {
    ...picture,
    planarA: projection.project(picture.a.points),
    planarB: projection.project(picture.b.points),
    planarTargets: projection.project(picture.targets),
    ...(picture.sources ? { planarSources: projection.project(picture.sources) } : {}),
    space: projection.space,
  };
  const content =
    picture.columns.length === 3 && picture.sources
      ? sideBySide(drawn)
      : inOneFrame(picture.columns.length === 1 ? onRails(drawn) : drawn, projection.axes ?? ['', '']);
  return drawCard({ ...size, title: picture.title, subtitle: picture.subtitle, content });
}

interface Drawn extends TransportPicture {
  readonly planarA: Planar;
  readonly planarB: Planar;
  readonly planarTargets: Planar;
  readonly planarSources?: Planar;
  readonly space: Projection['space'];
}

function sideBySide(drawn: Drawn): string[] {
  const { a, b, planarA, planarB, planarSources } = drawn;
  const gap = 60;
  const width = (size.width - 64 - gap) / 2;
  const frameA: Frame = { x: 32, y: cardHeader, width, height: size.height - cardHeader - 64 };
  const frameB: Frame = { ...frameA, x: frameA.x + width + gap };
  const box = boxOf([planarA, planarB]);
  const [scalesA, scalesB] = [fit(box, frameA), fit(box, frameB)];
  const colour = positionColour(planarA);
  const radius = radiusFor(Math.max(planarA.x.length, planarB.x.length), frameA) * 1.3;
  const colourOfA = (i: number): string => colour(planarA.x[i], planarA.y[i]);
  const colourOfB = planarSources ? (j: number) => colour(planarSources.x[j], planarSources.y[j]) : () => theme.text;
  return [
    drawCurves(drawn, scalesA, scalesB, colourOfA),
    drawPoints(planarA, {
      shown: thin(planarA.x.length, maxPoints),
      scales: scalesA,
      radius,
      colour: colourOfA,
      weights: a.weights,
    }),
    drawPoints(planarB, {
      shown: thin(planarB.x.length, maxPoints),
      scales: scalesB,
      radius,
      colour: colourOfB,
      weights: b.weights,
    }),
    caption(frameA, a.name, planarA.x.length),
    caption(frameB, b.name, planarB.x.length),
    drawCompass(frameA, size.width - 32, scalesA, drawn.space),
    label(size.width / 2, size.height - 20, legendOfCurves(drawn), {
      'text-anchor': 'middle',
      fill: theme.muted,
      'font-size': 13,
    }),
  ];
}

function drawCurves(
  { planarA, planarTargets }: Drawn,
  from: Scales,
  onto: Scales,
  colour: (index: number) => string,
): string {
  const nearness = nearnessOf(planarA);
  const curve = linkHorizontal<{ source: [number, number]; target: [number, number] }, [number, number]>();
  const shown = thin(planarA.x.length, maxLines).sort((i, j) => planarA.depth[i] - planarA.depth[j]);
  const curves = shown.map((i) =>
    element('path', {
      d: curve({
        source: [from.x(planarA.x[i]), from.y(planarA.y[i])],
        target: [onto.x(planarTargets.x[i]), onto.y(planarTargets.y[i])],
      }) as string,
      stroke: hex(colour(i)),
      'stroke-opacity': 0.04 + 0.14 * nearness(i),
    }),
  );
  return element('g', { fill: 'none', 'stroke-width': 0.8 }, ...curves);
}

function legendOfCurves({ meaning, sources }: Drawn): string {
  return sources ? `${meaning}; a point on the right has the colours of the points that come to it` : meaning;
}

function inOneFrame(drawn: Drawn, names: readonly [string, string]): string[] {
  const { a, b, planarA, planarB, planarTargets } = drawn;
  const frame: Frame = { x: 80, y: cardHeader + 26, width: size.width - 112, height: size.height - cardHeader - 120 };
  const scales = fit(boxOf([planarA, planarB, planarTargets]), frame);
  const colour = positionColour(planarA);
  const radius = radiusFor(planarA.x.length + planarB.x.length, frame);
  const colourOfA = (i: number): string => colour(planarA.x[i], planarA.y[i]);
  return [
    drawAxes(frame, scales, names),
    drawCompass(frame, frame.x + frame.width, scales, drawn.space),
    drawPoints(planarB, {
      shown: thin(planarB.x.length, maxPoints),
      scales,
      radius,
      colour: () => theme.muted,
      weights: b.weights,
      hollow: true,
    }),
    drawArrows(drawn, scales, colourOfA, radius),
    drawPoints(planarA, {
      shown: thin(planarA.x.length, maxPoints),
      scales,
      radius,
      colour: colourOfA,
      weights: a.weights,
    }),
    drawLegend(drawn),
  ];
}

/** Lines that grow from nothing to a round end: the thick end is where the point goes. */
function drawArrows(
  { planarA, planarTargets }: Drawn,
  scales: Scales,
  colour: (index: number) => string,
  radius: number,
): string {
  const half = Math.min(1.6, radius * 0.45);
  const shapes = thin(planarA.x.length, maxLines).map((i) => {
    const [x1, y1] = [scales.x(planarA.x[i]), scales.y(planarA.y[i])];
    const [x2, y2] = [scales.x(planarTargets.x[i]), scales.y(planarTargets.y[i])];
    const length = Math.hypot(x2 - x1, y2 - y1);
    if (length < 0.5) return '';
    const [nx, ny] = [(-(y2 - y1) / length) * half, ((x2 - x1) / length) * half];
    const head = `A${short(half)} ${short(half)} 0 0 1 ${short(x2 - nx)} ${short(y2 - ny)}Z`;
    return element('path', {
      d: `M${short(x1)} ${short(y1)}L${short(x2 + nx)} ${short(y2 + ny)}${head}`,
      fill: hex(colour(i)),
    });
  });
  return element('g', { 'fill-opacity': 0.55 }, ...shapes, '');
}

/** In one dimension A lies on an upper line and B on a lower one. */
function onRails(drawn: Drawn): Drawn {
  const at = (planar: Planar, height: number): Planar => ({ ...planar, y: planar.y.map(() => height) });
  return {
    ...drawn,
    planarA: at(drawn.planarA, 1),
    planarB: at(drawn.planarB, 0),
    planarTargets: at(drawn.planarTargets, 0),
  };
}

function caption(frame: Frame, name: string, points: number): string {
  return label(frame.x + frame.width / 2, frame.y + frame.height + 18, `${name}, ${count(points, 'point')}`, {
    'text-anchor': 'middle',
    fill: theme.text,
    'font-size': 15,
  });
}

function drawLegend({ a, b, planarA, planarB, meaning }: Drawn): string {
  const y = size.height - 20;
  const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
  const nameA = `${shorten(a.name)} (${count(planarA.x.length, 'point')})`;
  const nameB = `${shorten(b.name)} (${count(planarB.x.length, 'point')})`;
  // Widths of text are not known here: seven and a half pixels a letter is what this size takes at most.
  const xA = 90;
  const xB = xA + 50 + nameA.length * 7.5;
  const xLine = xB + 50 + nameB.length * 7.5;
  return element(
    'g',
    { 'font-size': 13, fill: theme.text },
    ...[0.9, 0.5, 0.1].map((u, k) => element('circle', { cx: xA - 9 * k, cy: y, r: 5, fill: hex(leftToRight(u)) })),
    label(xA + 12, y + 4, nameA),
    element('circle', { cx: xB, cy: y, r: 4.5, fill: 'none', stroke: theme.muted, 'stroke-width': 1.5 }),
    label(xB + 12, y + 4, nameB),
    element('path', { d: `M${xLine - 16},${y}l20,-2a2,2 0 0 1 0,4Z`, fill: theme.text, 'fill-opacity': 0.7 }),
    label(xLine + 12, y + 4, meaning),
  );
}
