/** Runs examples in workers, one at a time, and keeps what they print. */
import { onBeforeUnmount, ref } from 'vue';
import type { Message } from './message';

export interface Line {
  readonly text: string;
  readonly isError: boolean;
}

export function useRunner() {
  const lines = ref<Line[]>([]);
  const running = ref(false);
  const state = ref('');
  let worker: Worker | undefined;

  function end(words: string) {
    worker?.terminate();
    worker = undefined;
    running.value = false;
    state.value = words;
  }

  function run(code: string) {
    end('');
    lines.value = [];
    running.value = true;
    state.value = 'Running';
    worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.kind === 'printed') lines.value.push(data);
      else if (data.kind === 'ended') {
        // Timers may still print: the worker stays until the next run.
        running.value = false;
        state.value = `Ended after ${Math.max(1, Math.round(data.milliseconds))} ms`;
      } else {
        const where = data.line ? `Line ${data.line}: ` : '';
        lines.value.push({ text: where + data.text, isError: true });
        end('Failed');
      }
    };
    worker.onerror = (event) => {
      lines.value.push({ text: event.message || 'The example could not be loaded.', isError: true });
      end('Failed');
    };
    worker.postMessage({ code });
  }

  onBeforeUnmount(() => worker?.terminate());
  return { lines, running, state, run, stop: () => end('Stopped') };
}
