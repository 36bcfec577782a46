/** What a backend holds on the device. */
export interface GpujsMemory {
  /** Bytes of textures in use. */
  readonly used: number;
  readonly textures: number;
}
