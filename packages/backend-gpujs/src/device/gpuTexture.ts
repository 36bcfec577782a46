/** A texture that a kernel has written. */
export interface GpuTexture {
  readonly texture: WebGLTexture;
  readonly size: ArrayLike<number>;
  readonly internalFormat: number;
  readonly textureFormat: number;
  readonly kernel: unknown;
  readonly constructor: unknown;
  clone(): GpuTexture;
  delete(): void;
}
