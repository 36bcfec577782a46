/** A worker's name in Redis, which says how many threads it has. */
export const workerName = (threads: number): string => `threads-${threads}`;

/** How many threads serve, by what Redis knows of workers. One that does not say counts once. */
export const threadsOf = (workers: readonly { readonly rawname?: string }[]): number =>
  workers.reduce((total, { rawname = '' }) => total + Number(/:w:threads-(\d{1,4})$/.exec(rawname)?.[1] ?? 1), 0);
