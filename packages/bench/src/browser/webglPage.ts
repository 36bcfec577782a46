import { webglTimes } from '../tasks/webglTimes.js';

// What `webglInChromium` runs in a page.
Object.assign(globalThis, { webglTimes });
