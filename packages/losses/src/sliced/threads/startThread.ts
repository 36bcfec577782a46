/** A thread that answers one message after the other. */
export interface Thread {
  post(message: unknown): void;
  terminate(): void;
  /** Keeps the process alive, where there is one. */
  hold(): void;
  /** Does so no longer. */
  letGo(): void;
}

/** What is to be done with its answers, and when it has ended, which none does of itself. */
export interface ThreadListener {
  answered(answer: unknown): void;
  ended(): void;
}

/** Starts a thread, which holds the process, and resolves when it is at work. */
export type StartThread = (listener: ThreadListener) => Promise<Thread>;
