import { BackendUnavailableError, DeviceLostError, UnsupportedError } from '@sinkhorn/core';
import { widestLine } from '../layout.js';
import { checkMode, compileKernel } from './compileKernel.js';
import type { Content, Device, GpujsMode } from './device.js';
import type { Gpu, GpuKernel } from './gpu.js';
import type { GpuTexture } from './gpuTexture.js';
import { readTexture, readTextureSync } from './readTexture.js';

interface TextureContent extends Content {
  readonly texture: GpuTexture;
  /** The kernel that has written it, and keeps it until it writes the next. */
  readonly writer?: Writer;
}

interface Writer {
  readonly kernel: GpuKernel;
  last?: TextureContent;
  /** Whether what it has written last was freed: then it may be written again. */
  lastFreed: boolean;
}

/** Tenths of a second on the slowest GPUs. */
const OPERATIONS_OF_RUN = 2e9;
/** WebGL 1 may count in floats. */
const MOST_TEXELS_OF_FLOATS = 2 ** 24;
/** What is done in some milliseconds on the slowest GPUs: a page may stand still for that, and browsers take as long to tell that it is done. */
const OPERATIONS_WAITED_FOR = 1e7;
/** A texture of no more may stay with the kernel that wrote it, for its next run, and is read at once. */
const FEW_BYTES = 65_536;
/** Of each texel that a kernel writes, beside what was told of. */
const OPERATIONS_OF_TEXEL = 64;
/** gpu.js keeps one to itself. */
const UNITS_OF_GPUJS = 1;

/** gpu.js on a WebGL context: checked for what kernels need, watched for its loss. */
export function glDevice(
  gpu: Gpu,
  mode: GpujsMode,
  gl: WebGLRenderingContext | WebGL2RenderingContext,
  owned: boolean,
): Device {
  let disposed = false;
  /** Operations handed over since something was read, and bytes of textures since errors were asked for. */
  let queued = 0;
  let unchecked = 0;
  const gl2 = mode === 'webgl2' ? (gl as WebGL2RenderingContext) : undefined;
  const writers = new Set<Writer>();
  const lost = () => new DeviceLostError('the WebGL context was lost: make a new backend with gpujs()');
  const check = () => {
    if (disposed) throw new DeviceLostError('this gpujs backend was disposed of: make a new one with gpujs()');
    if (gl.isContextLost()) throw lost();
  };
  const maxTextureSize = Math.min(
    gl.getParameter(gl.MAX_TEXTURE_SIZE),
    ...(gl.getParameter(gl.MAX_VIEWPORT_DIMS) as Int32Array),
  );

  const contentOf = (texture: GpuTexture, writer?: Writer): TextureContent => {
    const bytes = 16 * texture.size[0] * texture.size[1];
    unchecked += bytes;
    return { texture, writer, bytes };
  };
  /** Of the class that kernels are compiled for, which they do not tell apart from what kernels write. */
  let wrap: ((texture: WebGLTexture, width: number, height: number) => GpuTexture) | undefined;

  /** Errors of the device that nobody was told of yet. */
  const checkErrors = () => {
    if (disposed || gl.isContextLost()) check();
    // The answer is waited for, and memory runs out where much is asked for.
    if (unchecked <= FEW_BYTES) return;
    unchecked = 0;
    const error = gl.getError();
    if (error === gl.OUT_OF_MEMORY) {
      throw new UnsupportedError('gpujs: the device has no memory left: use smaller clouds or batches');
    }
    if (error !== gl.NO_ERROR) throw new UnsupportedError(`gpujs: the device refuses its work (WebGL error ${error})`);
  };

  const device: Device = {
    mode,
    ...describe(gl, mode),
    maxTextureSize,
    mostTexels: gl2 ? maxTextureSize ** 2 : Math.min(maxTextureSize ** 2, MOST_TEXELS_OF_FLOATS),
    widestLine: widestLine(maxTextureSize),
    mostTextures: gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS) - UNITS_OF_GPUJS,
    operationsOfRun: OPERATIONS_OF_RUN,
    check,
    upload(texels, width, height) {
      const texture = gl.createTexture();
      if (!texture || !wrap) throw lost();
      gl.activeTexture(gl.TEXTURE0);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
      gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
      const format = gl2 ? gl2.RGBA32F : gl.RGBA;
      gl.texImage2D(gl.TEXTURE_2D, 0, format, width, height, 0, gl.RGBA, gl.FLOAT, texels);
      return contentOf(wrap(texture, width, height));
    },
    compile(source) {
      const kernel = compileKernel(gpu, mode, source);
      // Drivers compile as they run a kernel for the first time, and take a while for it.
      queued = Number.POSITIVE_INFINITY;
      const writer: Writer = { kernel, lastFreed: false };
      writers.add(writer);
      return (textures, numbers, width, height) => {
        try {
          queued += OPERATIONS_OF_TEXEL * width * height;
          const size = writer.last?.texture.size;
          // A texture that somebody holds is left to them, and a new one is made.
          if (!writer.lastFreed || size?.[0] !== width || size[1] !== height) kernel.setOutput([width, height]);
          const written = kernel(
            ...textures.map((content) => (content as TextureContent).texture),
            ...source.numbers.map((name) => numbers[name]),
          ) as GpuTexture;
          checkMode(kernel, mode);
          writer.last = contentOf(written.clone(), writer);
          writer.lastFreed = false;
          return writer.last;
        } catch (error) {
          // gpu.js takes what a lost context gives for errors of kernels.
          if (gl.isContextLost()) throw lost();
          throw error;
        }
      };
    },
    queue(operations) {
      queued += operations;
    },
    async read(content) {
      const { texture, size } = (content as TextureContent).texture;
      if (!gl2 || (queued <= OPERATIONS_WAITED_FOR && content.bytes <= FEW_BYTES)) return device.readSync(content);
      const texels = await readTexture(gl2, texture, size[0], size[1], check);
      queued = 0;
      checkErrors();
      return texels;
    },
    readSync(content) {
      const { texture, size } = (content as TextureContent).texture;
      const texels = readTextureSync(gl, texture, size[0], size[1]);
      queued = 0;
      checkErrors();
      return texels;
    },
    free(content) {
      const { texture, writer, bytes } = content as TextureContent;
      texture.delete();
      if (writer?.last !== content) return;
      writer.lastFreed = true;
      if (bytes <= FEW_BYTES || gl.isContextLost()) return;
      writer.kernel.setOutput([1, 2]);
      writer.last = undefined;
      writer.lastFreed = false;
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      for (const { kernel } of writers) kernel.destroy();
      writers.clear();
      if (owned) {
        void gpu.destroy();
        gl.getExtension('WEBGL_lose_context')?.loseContext();
      }
    },
  };
  wrap = probe(device, gl);
  return device;
}

/** Runs a kernel that shows whether floats come through, and gives what makes textures of the class that it writes. */
function probe(device: Device, gl: WebGLRenderingContext | WebGL2RenderingContext) {
  const source = { source: 'function kernel(x) { return [x, x + 1, 0 - x, x * 0.25]; }', textures: 0, numbers: ['x'] };
  const x = 8_388_606.5;
  let content: TextureContent;
  let numbers: Float32Array;
  try {
    content = device.compile(source)([], { x }, 2, 2) as TextureContent;
    numbers = device.readSync(content);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new BackendUnavailableError(`gpujs: kernels do not run in mode '${device.mode}' here (${why})`, {
      cause: error,
    });
  }
  if ([x, x + 1, -x, x / 4].some((value, index) => numbers[index] !== value || numbers[index + 12] !== value)) {
    throw new BackendUnavailableError(
      `gpujs: this device does not keep float32 numbers whole in textures that it writes (${x} comes back as ${numbers[0]})`,
    );
  }
  const { constructor: Texture, kernel, internalFormat, textureFormat } = content.texture;
  return (texture: WebGLTexture, width: number, height: number): GpuTexture =>
    new (Texture as new (settings: object) => GpuTexture)({
      texture,
      size: Int32Array.of(width, height),
      dimensions: Int32Array.of(width, height, 1),
      output: [width, height],
      context: gl,
      kernel,
      internalFormat,
      textureFormat,
    });
}

function describe(gl: WebGLRenderingContext, mode: GpujsMode): { description: string; software: boolean } {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  const software = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render/i.test(name);
  return { description: `${mode} on ${name}${software ? ' (software)' : ''}`, software };
}
