/** WebGPU's flags: Node has the interfaces without the global objects that name these. */
export const BUFFER_USAGE = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;
export const MAP_READ = 1;
export const STAGE_COMPUTE = 4;
