import { BackendUnavailableError, InvalidOptionError } from '@sinkhorn/core';
import { cpuDevice } from './cpuDevice.js';
import type { Device, GpujsMode } from './device.js';
import { glDevice } from './glDevice.js';
import type { Gpu, GpuConstructor } from './gpu.js';

type Gl = WebGLRenderingContext | WebGL2RenderingContext;

/** Digits of a float32's fraction. */
const HIGHP_BITS = 23;

/** Opens gpu.js in a mode: the one asked for, or the best that there is. */
export async function openDevice(
  mode: GpujsMode | undefined,
  given: { readonly gpu?: Gpu; readonly load?: () => Promise<unknown> },
): Promise<Device> {
  if (given.gpu) return openGiven(mode, given.gpu);
  const GPU = await loadGpu(given.load ?? importGpu);
  if (mode === 'cpu') return cpuDevice(new GPU({ mode }), true);
  const inPage = typeof document !== 'undefined' || typeof OffscreenCanvas !== 'undefined';
  if (mode === 'headlessgl' || (!mode && !inPage)) return openHeadless(GPU);
  if (!inPage)
    throw new BackendUnavailableError(`gpujs: mode '${mode}' needs a browser; Node has 'headlessgl' and 'cpu'`);
  if (mode) return openInPage(GPU, mode);
  try {
    return openInPage(GPU, 'webgl2');
  } catch (error) {
    if (!(error instanceof BackendUnavailableError)) throw error;
    try {
      return openInPage(GPU, 'webgl');
    } catch (second) {
      throw second instanceof BackendUnavailableError
        ? new BackendUnavailableError(`${error.message}; ${second.message}`, { cause: second })
        : second;
    }
  }
}

/** Not a literal, and with the words of bundlers for leaving it alone: they would warn of a package that few have. */
function importGpu(): Promise<unknown> {
  const name = 'gpu.js';
  return import(/* @vite-ignore */ /* webpackIgnore: true */ name);
}

async function loadGpu(load: () => Promise<unknown>): Promise<GpuConstructor> {
  let loaded: unknown;
  try {
    loaded = await load();
  } catch (error) {
    throw new BackendUnavailableError(
      `gpujs: the package gpu.js does not load; npm install gpu.js@2, and in bundled code call gpujs({ load: () => import('gpu.js') }) (${error instanceof Error ? error.message.split('\n')[0] : error})`,
      { cause: error },
    );
  }
  // The package has one form for Node and another for bundlers, and these have several ways to see it.
  for (const found of [loaded, (loaded as { default?: unknown }).default]) {
    const { GPU } = (found ?? {}) as { GPU?: unknown };
    if (typeof GPU === 'function') return GPU as GpuConstructor;
  }
  throw new BackendUnavailableError('gpujs: the package gpu.js has no GPU: npm install gpu.js@2');
}

/** A caller's gpu.js: it says itself what it runs on. */
function openGiven(mode: GpujsMode | undefined, gpu: Gpu): Device {
  if (typeof gpu.createKernel !== 'function') {
    throw new InvalidOptionError('gpu is no GPU of gpu.js: give new GPU({ mode })');
  }
  if (gpu.mode === 'cpu') {
    checkAsked(mode, 'cpu');
    return cpuDevice(gpu, false);
  }
  // gpu.js makes its context with its first kernel.
  if (!gpu.context) gpu.createKernel('function kernel() { return 0; }', { output: [1] });
  const context = (gpu.context ?? undefined) as Gl | undefined;
  if (!context?.getParameter) {
    throw new InvalidOptionError(`gpu runs in mode '${gpu.mode}': give one in mode webgl2, webgl, headlessgl or cpu`);
  }
  const isGl2 = typeof WebGL2RenderingContext !== 'undefined' && context instanceof WebGL2RenderingContext;
  const isGl = typeof WebGLRenderingContext !== 'undefined' && context instanceof WebGLRenderingContext;
  const found = isGl2 ? 'webgl2' : isGl ? 'webgl' : 'headlessgl';
  checkAsked(mode, found);
  checkContext(context, found);
  return glDevice(gpu, found, context, false);
}

function checkAsked(asked: GpujsMode | undefined, found: GpujsMode): void {
  if (!asked || asked === found) return;
  throw new InvalidOptionError(
    `gpu runs in mode '${found}' and not in '${asked}': leave mode out, or give another gpu`,
  );
}

function openInPage(GPU: GpuConstructor, mode: 'webgl2' | 'webgl'): Device {
  const canvas = typeof document === 'undefined' ? new OffscreenCanvas(1, 1) : document.createElement('canvas');
  const settings = { alpha: false, depth: false, antialias: false, powerPreference: 'high-performance' };
  const context = canvas.getContext(mode, settings) as Gl | null;
  if (!context) {
    throw new BackendUnavailableError(`gpujs: there is no ${mode} here; the browser has none, or it is switched off`);
  }
  try {
    checkContext(context, mode);
    // gpu.js sets the size of its canvas, which nobody sees, with each kernel; a canvas would make a picture of that size.
    return glDevice(create(GPU, { mode, context, canvas: { width: 1, height: 1 } }, mode), mode, context, true);
  } catch (error) {
    // Browsers have a few contexts only.
    context.getExtension('WEBGL_lose_context')?.loseContext();
    throw error;
  }
}

function openHeadless(GPU: GpuConstructor): Device {
  const mode = 'headlessgl';
  const gpu = create(GPU, { mode }, mode);
  gpu.createKernel('function kernel() { return 0; }', { output: [1] });
  const context = gpu.context as Gl | undefined;
  if (!context) throw new BackendUnavailableError('gpujs: headlessgl gives no context');
  checkContext(context, mode);
  return glDevice(gpu, mode, context, true);
}

function create(GPU: GpuConstructor, settings: object, mode: GpujsMode): Gpu {
  try {
    return new GPU(settings);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const remedy =
      mode === 'headlessgl'
        ? "; Node has WebGL by the package gl, which has to be installed; mode 'cpu' has no GPU"
        : '';
    throw new BackendUnavailableError(`gpujs: gpu.js does not start in mode '${mode}' (${why})${remedy}`, {
      cause: error,
    });
  }
}

/** What kernels need of a context, with the extensions for it switched on. */
function checkContext(gl: Gl, mode: GpujsMode): void {
  const refuse = (why: string) => new BackendUnavailableError(`gpujs: ${why}: use the backend wasm`);
  if (gl.isContextLost()) throw refuse(`the ${mode} context is lost`);
  const precision = gl.getShaderPrecisionFormat(gl.FRAGMENT_SHADER, gl.HIGH_FLOAT)?.precision ?? 0;
  if (precision < HIGHP_BITS) {
    throw refuse(`this device computes with ${precision} bits of fraction (highp) and not with ${HIGHP_BITS}`);
  }
  if (mode === 'webgl2') {
    if (gl.getExtension('EXT_color_buffer_float')) return;
    throw refuse('this device cannot write float textures (EXT_color_buffer_float is missing)');
  }
  if (!gl.getExtension('OES_texture_float')) {
    throw refuse('this device has no float textures (OES_texture_float is missing)');
  }
  gl.getExtension('WEBGL_color_buffer_float');
  const texture = gl.createTexture();
  const framebuffer = gl.createFramebuffer();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 2, 2, 0, gl.RGBA, gl.FLOAT, null);
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  const complete = gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.deleteFramebuffer(framebuffer);
  gl.deleteTexture(texture);
  if (!complete) throw refuse('this device cannot write float textures (WEBGL_color_buffer_float is missing)');
}
