export type { ColourTable } from './colourTable.js';
export type { Image } from './image.js';
export { type ColourOptions, type ColourTransfer, transferColours } from './transferColours.js';
