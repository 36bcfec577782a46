import { kernelTimes } from '../tasks/kernelTimes.js';

// What `inChromium` runs in a page; the browser itself says how much memory the page holds.
Object.assign(globalThis, { kernelTimes });
