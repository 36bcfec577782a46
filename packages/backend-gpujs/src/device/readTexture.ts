type Gl = WebGLRenderingContext | WebGL2RenderingContext;

/** Polls without a pause in the beginning, as timers of pages wait for 4 ms. */
const EAGER_POLLS = 200;
/** Milliseconds between later polls. Raising it makes results come later; lowering it takes more of the processor meanwhile. Chosen. */
const PAUSE_MS = 2;

/** Reads all texels of a texture at once: the page stands still until the device has come to it. */
export function readTextureSync(gl: Gl, texture: WebGLTexture, width: number, height: number): Float32Array {
  const texels = new Float32Array(4 * width * height);
  attached(gl, texture, () => gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, texels));
  return texels;
}

/** Reads all texels of a texture, without keeping the page from its other work. */
export async function readTexture(
  gl: WebGL2RenderingContext,
  texture: WebGLTexture,
  width: number,
  height: number,
  check: () => void,
): Promise<Float32Array> {
  const texels = new Float32Array(4 * width * height);
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
  gl.bufferData(gl.PIXEL_PACK_BUFFER, texels.byteLength, gl.STREAM_READ);
  attached(gl, texture, () => gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, 0));
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  gl.flush();
  try {
    for (let polls = 0; ; polls++) {
      check();
      const status = fence ? gl.clientWaitSync(fence, 0, 0) : gl.WAIT_FAILED;
      if (status !== gl.TIMEOUT_EXPIRED) break;
      await (polls < EAGER_POLLS ? nextTask() : new Promise((resolve) => setTimeout(resolve, PAUSE_MS)));
    }
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, texels);
    check();
    return texels;
  } finally {
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    gl.deleteBuffer(buffer);
    gl.deleteSync(fence);
  }
}

/** Reads while a texture is what is drawn on. */
function attached(gl: Gl, texture: WebGLTexture, read: () => void): void {
  const framebuffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  read();
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.deleteFramebuffer(framebuffer);
}

/** The next turn of the event loop: what was asked for meanwhile goes first. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
