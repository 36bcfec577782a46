/** One pass of a kernel: its tasks are independent of each other, and those of the next job come after all of them. */
export interface Job {
  /** A number for each kernel. */
  readonly kernel: number;
  /** Where its module stands in memory. */
  readonly module: { readonly address: number; readonly bytes: number };
  readonly arguments: number;
  readonly elements: number;
  readonly tasksPerElement: number;
  /** Address of a table of tasks, or 0 where rows are cut evenly. */
  readonly taskTable: number;
  readonly rows: number;
  readonly rowsPerTask: number;
  readonly scratch: number;
  readonly scratchStride: number;
}
