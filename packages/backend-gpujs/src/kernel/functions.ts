import type { GpujsMode } from '../device/device.js';

/** A function that kernels call, by name: its arguments and result with their types in gpu.js's words. */
interface KernelFunction {
  readonly arguments: Readonly<Record<string, 'texels' | 'Float'>>;
  readonly result: 'Array(4)' | 'Float';
  readonly webgl2: string;
  readonly webgl: string;
  readonly cpu: string;
}

// The languages have no name in common for these. In cpu mode the list of a texture's numbers begins with its width.
const FUNCTIONS: Readonly<Record<string, KernelFunction>> = {
  texel: {
    arguments: { texels: 'texels', x: 'Float', y: 'Float' },
    result: 'Array(4)',
    webgl2:
      'vec4 texel(sampler2D t, ivec2 tSize, ivec3 tDim, float x, float y) { return texelFetch(t, ivec2(int(x), int(y)), 0); }',
    webgl:
      'vec4 texel(sampler2D t, ivec2 tSize, ivec3 tDim, float x, float y) { return texture2D(t, (vec2(x, y) + 0.5) / vec2(tSize)); }',
    cpu: `function texel(texels, x, y) {
      const at = (x + y * texels[0]) * 4 + 1;
      return [texels[at], texels[at + 1], texels[at + 2], texels[at + 3]];
    }`,
  },
  /** The whole part of a quotient of whole numbers: floats may round it up or down. */
  quotient: {
    arguments: { a: 'Float', b: 'Float' },
    result: 'Float',
    webgl2: 'float quotient(float a, float b) { return float(int(a) / int(b)); }',
    webgl: 'float quotient(float a, float b) { return floor((a + 0.5) / b); }',
    cpu: 'function quotient(a, b) { return Math.floor(a / b); }',
  },
  power2: {
    arguments: { x: 'Float' },
    result: 'Float',
    webgl2: 'float power2(float x) { return exp2(x); }',
    webgl: 'float power2(float x) { return exp2(x); }',
    cpu: 'function power2(x) { return Math.pow(2, x); }',
  },
};

/** The functions as settings of a kernel of gpu.js. */
export function functionsFor(mode: GpujsMode): object {
  const all = Object.entries(FUNCTIONS).map(([name, { arguments: types, result, ...sources }]) => ({
    name,
    source: sources[mode === 'headlessgl' ? 'webgl' : mode],
    argumentTypes: Object.fromEntries(
      Object.entries(types).map(([argument, type]) => [
        argument,
        type === 'Float' ? 'Float' : mode === 'cpu' ? 'Array' : 'ArrayTexture(4)',
      ]),
    ),
    returnType: result,
  }));
  if (mode !== 'cpu') return { nativeFunctions: all };
  return { functions: all.map(({ source, ...settings }) => ({ source, settings })) };
}
