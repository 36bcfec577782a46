/**
 * A type of WebGPU by its name. TypeScript has them with the library `dom` from 6.0 on, and by the package @webgpu/types; in other
 * programs it is any object, so that the declarations of this package are right there too.
 */
export type WebgpuType<Name extends string> = typeof globalThis extends { [Key in Name]: { prototype: infer Type } }
  ? Type
  : object;
