import type { DeviceArray } from '../backend/backend.js';

/** A temperature that the host knows, or the inverse of one that the device alone does: one entry an element of the batch. */
export type Temperature = number | { readonly inverse: DeviceArray };
