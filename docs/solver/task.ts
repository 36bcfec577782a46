import type { Backend } from 'sinkhorn';
import type { OpenedBackend } from './backends';

/** What a task runs with. */
export interface TaskContext<Update> {
  readonly backend: Backend;
  /** Opens any backend by name, for tasks that compare them. */
  open(name: string): Promise<OpenedBackend>;
  readonly signal: AbortSignal;
  /** Sends something to the page, once it took what was sent before: it is never flooded, and a stop is noticed. */
  update(update: Update): Promise<void>;
}

export type Task<Input, Update, Result> = (input: Input, context: TaskContext<Update>) => Promise<Result>;
