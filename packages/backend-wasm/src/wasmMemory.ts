/** What a backend holds, in bytes. */
export interface WasmMemory {
  /** Of arrays and kernels. */
  readonly used: number;
  /** Taken from the system, which it stays. */
  readonly reserved: number;
}
