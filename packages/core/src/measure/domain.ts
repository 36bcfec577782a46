/** A regular grid: node k of an axis is at origin + k spacing, nodes are counted row by row, the last axis fastest. */
export interface Grid {
  /** [D] */
  readonly shape: readonly number[];
  readonly spacing: readonly number[];
  readonly origin: readonly number[];
}

/** Where a measure lives: at points, or at the nodes of a regular grid. Bounding boxes, frames and lengths are of domains; weights have no say. */
export interface Domain {
  /** [B, N, D], flat. */
  readonly points: Float32Array | Float64Array;
  readonly dimension: number;
  /** Where the points are nodes of a regular grid: that grid. What is spread into a new object is a cloud of points. */
  readonly grid?: Grid;
  /**
   * Of a grid [3, D]: its first node, its last one, and the first one's neighbour on the diagonal. They tell all of its nodes, and have
   * their bounding box.
   */
  readonly spanning?: Float64Array;
}
