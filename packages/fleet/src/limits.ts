/** What a worker takes at most: what is above is refused before anything is computed. */
export const limits = {
  /** Pairs, divisions or sides in a tile. */
  items: 4096,
  /** Clouds that a tile names. */
  clouds: 8192,
  /** Nodes of the formulas of a job. */
  nodes: 4096,
  /** Components of a vector in a formula. */
  size: 65_536,
  /** Characters of a job as text. */
  jobCharacters: 1_000_000,
  /** Bytes of a blob. */
  blobBytes: 2 ** 31,
  /** Lists and objects within one another, in a job. */
  nesting: 64,
  /** Losses within losses. */
  depth: 8,
  /** Threads of one process: each has memory of its own. */
  threads: 1024,
} as const;
