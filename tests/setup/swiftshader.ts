/**
 * SwiftShader, which plays the GPU, looks for its settings in the working directory: those in ./swiftshader give it one
 * thread. Its threads wait for work by running in circles, which takes twice the processor time of these small kernels and
 * holds up what runs beside them. In Chromium it has all threads.
 */
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('swiftshader', import.meta.url)));
