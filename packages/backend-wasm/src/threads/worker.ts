/** A worker that shares memory with its host. */
export interface SharingWorker {
  terminate(): void;
  /** Keeps the process alive, where there is one. */
  hold(): void;
  /** Does so no longer. */
  letGo(): void;
}

/** What a host is told by its workers. */
export interface WorkerListener {
  /** A job that was waited for is done. */
  done(): void;
  /** A worker has ended, which none does of itself. */
  failed(reason: string): void;
}

/** Starts a worker, and resolves when it is at work. */
export type StartWorker = (
  thread: number,
  memory: WebAssembly.Memory,
  listener: WorkerListener,
) => Promise<SharingWorker>;
