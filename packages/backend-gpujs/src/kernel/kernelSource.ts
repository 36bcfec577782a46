/** A kernel as text, and what it wants to be called with: textures array0, array1 ..., then numbers by name. */
export interface KernelSource {
  readonly source: string;
  readonly textures: number;
  readonly numbers: readonly string[];
}

/** Puts a kernel together: a function of textures and numbers, in the part of JavaScript that gpu.js knows. */
export function kernelSource(textures: number, numbers: readonly string[], body: readonly string[]): KernelSource {
  const names = Array.from({ length: textures }, (_, index) => `array${index}`);
  const lines = body.map((line) => `  ${line}`).join('\n');
  return { textures, numbers, source: `function kernel(${[...names, ...numbers].join(', ')}) {\n${lines}\n}` };
}
