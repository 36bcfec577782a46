/** A potential at the points of one side and the gradient of its transport cost in these points. */
export interface DenseGradient<Vector> {
  readonly potential: Vector;
  readonly gradient: Vector;
}

/**
 * What a divergence with stored cost matrices needs of a tensor library; everything in float32, for clouds of equal
 * weights.
 */
export interface DenseTools<Matrix, Vector> {
  /** [N, M]: |x_i - y_j|^2 / 2. */
  costs(rows: Float32Array, columns: Float32Array): Matrix;
  /** -eps log mean_j exp((g_j - C_ij) / eps); of a potential of 0 where none is given. */
  softmin(costs: Matrix, potential: Vector | undefined, epsilon: number): Vector;
  /** The mean of a previous potential and the softmin. */
  average(costs: Matrix, potential: Vector, previous: Vector, epsilon: number): Vector;
  /** The softmin and the gradient sum_j pi_ij (x_i - y_j), of the plan it gives. */
  gradient(
    costs: Matrix,
    potential: Vector,
    epsilon: number,
    points: { readonly rows: Float32Array; readonly columns: Float32Array },
  ): DenseGradient<Vector>;
  read(vector: Vector): Float32Array;
  /** The same without blocking. */
  readLater(vector: Vector): Promise<Float32Array>;
  /** Waits, without blocking, until a vector holds the memory of nothing but itself. */
  ready(vector: Vector): Promise<void>;
  free(array: Matrix | Vector): void;
}
