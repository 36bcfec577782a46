/**
 * One thread for SwiftShader, the software emulation of a GPU: it reads ./swiftshader/SwiftShader.ini from the working
 * directory. With several threads the idle ones spin while they wait, which doubles the processor time of small kernels. In
 * Chromium it keeps all its threads.
 */
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('swiftshader', import.meta.url)));
