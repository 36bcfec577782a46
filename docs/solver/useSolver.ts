import { proxy, type Remote, wrap } from 'comlink';
import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from 'vue';
import type { InputOf, Probe, ResultOf, SolverService, TaskName, UpdateOf } from './worker';

/** A task that does not stop for so long is ended with its worker. */
const PATIENCE = 2000;

/** A worker with the backends in it, for as long as a component lives. */
export function useSolver() {
  const probes = shallowRef<readonly Probe[]>([]);
  const choice = ref('auto');
  const running = ref(false);
  const message = ref('');
  const failed = ref(false);
  const milliseconds = ref<number>();
  /** How many runs have ended, however they did. */
  const runs = ref(0);

  let worker: Worker | undefined;
  let service: Remote<SolverService> | undefined;
  let endRun: (() => void) | undefined;

  /** What 'auto' takes: the first that works here, and is worth it. */
  const automatic = computed(
    () =>
      probes.value.find(({ description, lastResort }) => description && !lastResort) ??
      probes.value.find(({ description }) => description),
  );
  const backend = computed(() =>
    choice.value === 'auto' ? automatic.value : probes.value.find(({ name }) => name === choice.value),
  );
  const ready = computed(() => backend.value !== undefined);

  function start() {
    worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'solver' });
    worker.addEventListener('error', ({ message: reason }) =>
      tell(`The worker failed: ${reason || 'its script could not be loaded'}.`, true),
    );
    service = wrap<SolverService>(worker);
  }

  function tell(text: string, isFailure = false) {
    message.value = text;
    failed.value = isFailure;
  }

  onMounted(async () => {
    start();
    probes.value = (await service?.probe()) ?? [];
    if (!backend.value) tell('No backend works in this browser.', true);
  });
  onBeforeUnmount(() => worker?.terminate());

  /** Runs a task, which waits for `onUpdate`, and gives its result; undefined where it was stopped or failed, and `message` says so. */
  async function run<Name extends TaskName>(
    name: Name,
    input: InputOf<Name>,
    onUpdate: (update: UpdateOf<Name>) => unknown = () => {},
  ): Promise<ResultOf<Name> | undefined> {
    const chosen = backend.value?.name;
    if (!service || !chosen) return undefined;
    endRun?.();
    const began = performance.now();
    let current = true;
    running.value = true;
    tell('');
    const ended = new Promise<{ readonly type: 'stopped' }>((resolve) => {
      endRun = () => {
        current = false;
        resolve({ type: 'stopped' });
      };
    });
    const update = proxy(async (value: UpdateOf<Name>) => {
      if (current) await onUpdate(value);
    });
    // Generic methods lose their types on the way through comlink.
    const outcome = await Promise.race([
      (service.run as unknown as SolverService['run'])(name, chosen, input, update),
      ended,
    ]);
    if (!current) return undefined;
    current = false;
    endRun = undefined;
    running.value = false;
    milliseconds.value = performance.now() - began;
    runs.value += 1;
    if (outcome.type === 'failed') tell(outcome.message, true);
    if (outcome.type === 'stopped') tell('Stopped.');
    return outcome.type === 'done' ? outcome.result : undefined;
  }

  /** Stops what runs: by asking, and where that does not help, by ending the worker. */
  function stop() {
    if (!running.value) return;
    const asked = endRun;
    void service?.stop();
    setTimeout(() => {
      if (endRun !== asked || !asked) return;
      asked();
      endRun = undefined;
      worker?.terminate();
      start();
      running.value = false;
      runs.value += 1;
      tell('Stopped.');
    }, PATIENCE);
  }

  return { probes, choice, backend, ready, running, runs, message, failed, milliseconds, run, stop, tell };
}

export type Solver = ReturnType<typeof useSolver>;
