import { drawAxes } from './axes.js';
import { boxOf, type Frame, fit } from './box.js';
import { cardHeader, drawCard } from './card.js';
import { drawCompass } from './compass.js';
import { drawPoints, radiusFor, thin } from './drawPoints.js';
import { positionColour } from './positionColour.js';
import { projectionOf } from './projection.js';
import { theme } from './theme.js';

/** What stays the same in all the frames of a flow. */
export interface FlowPicture {
  readonly columns: readonly string[];
  /** A before the first step: [N, D]. It gives the points their colours. */
  readonly start: ArrayLike<number>;
  /** B: [M, D]. */
  readonly target: ArrayLike<number>;
  readonly weights?: ArrayLike<number>;
  readonly targetWeights?: ArrayLike<number>;
}

const size = { width: 960, height: 640 };
const maxPoints = 4000;

/**
 * Makes the painter of a flow's frames: B as rings, A as discs that keep their colour from frame to frame.
 *
 * All the frames have one camera and one scale.
 */
export function flowPainter(
  picture: FlowPicture,
): (points: ArrayLike<number>, title: string, subtitle: string) => string {
  const projection = projectionOf([picture.start, picture.target], picture.columns);
  const start = projection.project(picture.start);
  const target = projection.project(picture.target);
  const isLine = picture.columns.length === 1;
  if (isLine) start.y.fill(1);
  const frame: Frame = { x: 72, y: cardHeader + 22, width: size.width - 104, height: size.height - cardHeader - 80 };
  const scales = fit(boxOf([start, target]), frame);
  const colour = positionColour(start);
  const radius = radiusFor(start.x.length + target.x.length, frame);

  return (points, title, subtitle) => {
    const now = projection.project(points);
    if (isLine) now.y.fill(1);
    const content = [
      projection.axes ? drawAxes(frame, scales, projection.axes) : '',
      drawCompass(frame, frame.x + frame.width, scales, projection.space),
      drawPoints(target, {
        shown: thin(target.x.length, maxPoints),
        scales,
        radius: radius * 0.9,
        colour: () => theme.muted,
        weights: picture.targetWeights,
        hollow: true,
      }),
      drawPoints(now, {
        shown: thin(now.x.length, maxPoints),
        scales,
        radius,
        colour: (i) => colour(start.x[i], start.y[i]),
        weights: picture.weights,
      }),
    ];
    return drawCard({ ...size, title, subtitle, content });
  };
}
