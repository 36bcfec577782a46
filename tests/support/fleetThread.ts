import { bundledThread } from './bundledThread.js';

let made: Promise<URL> | undefined;

/** The module of the fleet's threads. */
export function fleetThread(): Promise<URL> {
  made ??= bundledThread('fleet/src/thread.ts');
  return made;
}
