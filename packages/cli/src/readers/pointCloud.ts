/** A weighted point cloud as it was read from a file. */
export interface PointCloud {
  /** The file, as the user named it. */
  readonly file: string;
  /** One name for each coordinate; "1", "2", ... where the file has no names. */
  readonly columns: readonly string[];
  readonly count: number;
  readonly dimension: number;
  /** Coordinates, row after row: [count, dimension]. */
  readonly points: Float64Array;
  /** One for each point; absent when no weights column was chosen. */
  readonly weights?: Float64Array;
  /** One for each point, as they are written; absent when no labels column was chosen. */
  readonly labels?: readonly string[];
  /** What the user should know about how the file was read. */
  readonly notes: readonly string[];
}
