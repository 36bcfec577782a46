/** What a backend holds on the device. */
export interface WebgpuMemory {
  /** Bytes of arrays, and the number of buffers that they are in. */
  readonly used: number;
  readonly buffers: number;
  /** Bytes of all buffers, with those that wait for their next use. */
  readonly reserved: number;
}
