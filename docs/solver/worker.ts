/** The worker of the demos: it owns the backends and runs the tasks, so that the page never waits. */
import { expose } from 'comlink';
import { DeviceLostError } from 'sinkhorn';
import { backends, type OpenedBackend } from './backends';
import type { Task } from './task';
import { barycenters } from './tasks/barycenters';
import { benchmark } from './tasks/benchmark';
import { flow } from './tasks/flow';
import { curve, plan } from './tasks/interpolate';
import { register } from './tasks/register';
import { testTwoSamples } from './tasks/testTwoSamples';
import { transferColours } from './tasks/transferColours';

const tasks = { barycenters, benchmark, curve, flow, plan, register, testTwoSamples, transferColours };

type Tasks = typeof tasks;
export type TaskName = keyof Tasks;
export type InputOf<Name extends TaskName> = Parameters<Tasks[Name]>[0];
export type ResultOf<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>;
export type UpdateOf<Name extends TaskName> = Parameters<Parameters<Tasks[Name]>[1]['update']>[0];

/** What happened to a backend here. */
export interface Probe {
  readonly name: string;
  readonly label: string;
  readonly description?: string;
  readonly lastResort?: boolean;
  /** Why it does not work here. */
  readonly reason?: string;
}

/** How a task ended: errors cross to the page as plain data. */
export type Outcome<Result> =
  | { readonly type: 'done'; readonly result: Result }
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly message: string };

const opened = new Map<string, Promise<OpenedBackend>>();
let controller = new AbortController();
let last: Promise<unknown> = Promise.resolve();

function open(name: string): Promise<OpenedBackend> {
  const entry = backends.find((candidate) => candidate.name === name);
  if (!entry) return Promise.reject(new Error(`There is no backend '${name}'.`));
  const backend = opened.get(name) ?? entry.open();
  opened.set(name, backend);
  // One that failed is tried anew the next time.
  backend.catch(() => opened.delete(name));
  return backend;
}

const service = {
  /** Tries every backend and says what happened to it. */
  async probe(): Promise<Probe[]> {
    const probes: Probe[] = [];
    for (const { name, label } of backends) {
      try {
        const { description, lastResort } = await open(name);
        probes.push({ name, label, description, lastResort });
      } catch (error) {
        probes.push({ name, label, reason: messageOf(error) });
      }
    }
    return probes;
  },

  /** Runs a task after the one before it has ended; a newer one stops it. */
  async run<Name extends TaskName>(
    name: Name,
    backendName: string,
    input: InputOf<Name>,
    onUpdate: (update: UpdateOf<Name>) => Promise<void>,
  ): Promise<Outcome<ResultOf<Name>>> {
    controller.abort();
    const own = new AbortController();
    controller = own;
    const { signal } = own;
    const before = last;
    const work = (async () => {
      await before;
      signal.throwIfAborted();
      const { backend } = await open(backendName);
      // The page draws one update while the task works on the next.
      let taken: Promise<void> = Promise.resolve();
      const update = async (value: UpdateOf<Name>) => {
        await taken;
        taken = onUpdate(value);
      };
      const task = tasks[name] as unknown as Task<InputOf<Name>, UpdateOf<Name>, ResultOf<Name>>;
      const result = await task(input, { backend, open, signal, update });
      await taken;
      return result;
    })();
    last = work.catch(() => {});
    try {
      return { type: 'done', result: await work };
    } catch (error) {
      if (signal.aborted) return { type: 'stopped' };
      if (error instanceof DeviceLostError) opened.delete(backendName);
      return { type: 'failed', message: messageOf(error) };
    }
  },

  stop(): void {
    controller.abort();
  },
};

export type SolverService = typeof service;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

expose(service);
