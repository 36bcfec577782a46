import { PCA } from 'ml-pca';

/** Points as they are drawn: x to the right, y up, depth towards the viewer. */
export interface Planar {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly depth: Float64Array;
}

/** Where a coordinate points to in the picture. */
export interface Axis {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/** How points of some dimension come onto a picture. */
export interface Projection {
  /** What the two axes show; absent in a picture of space, which has none. */
  readonly axes?: readonly [string, string];
  /** Of a picture of space: what it is, and where the coordinates point to. */
  readonly space?: { readonly name: string; readonly axes: readonly Axis[] };
  project(points: ArrayLike<number>): Planar;
}

/** Enough points to find principal axes; more would change nothing that can be seen. */
const maxPrincipalPoints = 5000;

/** The largest dimension in which covariances are computed. */
const mostCovariances = 500;

/**
 * Chooses a projection for clouds of one dimension D: the line itself for D = 1, the plane for 2, a fixed camera for 3,
 * and the two principal axes of both clouds together above that.
 */
export function projectionOf(clouds: readonly ArrayLike<number>[], columns: readonly string[]): Projection {
  if (columns.length === 1) return linear([[1]], [0], [columns[0], '']);
  if (columns.length === 2)
    return linear(
      [
        [1, 0],
        [0, 1],
      ],
      [0, 0],
      [columns[0], columns[1]],
    );
  if (columns.length === 3) {
    const [right, up] = camera();
    const axes = columns.map((name, d) => ({ name, x: right[d], y: up[d] }));
    const name = 'parallel projection, from the front, a little from the left and from above';
    return { ...linear(camera(), [0, 0, 0]), space: { name, axes } };
  }
  return principalAxes(clouds, columns.length);
}

/** Seen from the front, a little from the left and from above: y is up, z comes towards the viewer. */
function camera(yaw = 0.4, pitch = 0.18): number[][] {
  const [sinYaw, cosYaw, sinPitch, cosPitch] = [Math.sin(yaw), Math.cos(yaw), Math.sin(pitch), Math.cos(pitch)];
  return [
    [cosYaw, 0, sinYaw],
    [sinYaw * sinPitch, cosPitch, -cosYaw * sinPitch],
    [-sinYaw * cosPitch, sinPitch, cosYaw * cosPitch],
  ];
}

function principalAxes(clouds: readonly ArrayLike<number>[], dimension: number): Projection {
  // Some seconds at most, whatever the dimension.
  const most = dimension > mostCovariances ? Math.sqrt(2e9 / dimension) : maxPrincipalPoints;
  const rows = clouds.flatMap((points) => {
    const count = points.length / dimension;
    const stride = Math.ceil((count * clouds.length) / most);
    return Array.from({ length: Math.ceil(count / stride) }, (_, k) =>
      Array.from({ length: dimension }, (_, d) => points[k * stride * dimension + d]),
    );
  });
  const mean = Array.from({ length: dimension }, (_, d) => rows.reduce((sum, row) => sum + row[d], 0) / rows.length);
  // Identical points have no principal axes: any two will do.
  if (rows.every((row) => row.every((value, d) => value === rows[0][d])))
    return linear([unit(0, dimension), unit(1, dimension)], mean);
  // The matrix of covariances has as many entries as the square of the dimension: above some hundreds, the points decide.
  const pca = new PCA(rows, { method: dimension > mostCovariances ? 'SVD' : 'covarianceMatrix' });
  const axes = pca.getEigenvectors().transpose().to2DArray().slice(0, 2).map(upright);
  const centred = rows.map((row) => row.map((value, d) => value - mean[d]));
  const total = centred.reduce((sum, row) => sum + squareOf(row), 0);
  const [first, second] = axes.map((axis) => {
    const along = centred.map((row) => row.reduce((sum, value, d) => sum + value * axis[d], 0));
    return `${Math.round((100 * squareOf(along)) / total)} %`;
  });
  return linear(axes, mean, [`first principal axis (${first} of the variance)`, `second principal axis (${second})`]);
}

function squareOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}

/** The sign of a principal axis is arbitrary: its largest component is made positive, so that pictures repeat. */
function upright(axis: readonly number[]): number[] {
  const largest = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return axis.map((value) => (largest < 0 ? -value : value));
}

function unit(index: number, dimension: number): number[] {
  return Array.from({ length: dimension }, (_, d) => (d === index ? 1 : 0));
}

function linear(
  axes: readonly (readonly number[])[],
  origin: readonly number[],
  names?: readonly [string, string],
): Projection {
  const dimension = origin.length;
  const along = (points: ArrayLike<number>, axis: readonly number[] | undefined): Float64Array => {
    const result = new Float64Array(points.length / dimension);
    if (!axis) return result;
    for (let i = 0; i < result.length; i++) {
      for (let d = 0; d < dimension; d++) result[i] += axis[d] * (points[i * dimension + d] - origin[d]);
    }
    return result;
  };
  return {
    ...(names ? { axes: names } : {}),
    project: (points) => ({ x: along(points, axes[0]), y: along(points, axes[1]), depth: along(points, axes[2]) }),
  };
}
