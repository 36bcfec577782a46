export type { ColourTable } from './colourTable.js';
export type { Bytes, Image } from './image.js';
export { type ColourOptions, type ColourTransfer, transferColours } from './transferColours.js';
