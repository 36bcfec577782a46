import { peakMemory } from './peakMemory.js';

// What `inChildren` starts. It runs a task by name and prints what came of it; without a name it does nothing at all,
// and with one that is no task's it only imports what tasks need.
const [name, argument] = process.argv.slice(2);
process.stdout.write(JSON.stringify({ result: name && (await run(name, argument)), peak: peakMemory() }));

async function run(name: string, argument: string): Promise<unknown> {
  const { tasks } = await import('../tasks/tasks.js');
  const task = new Map<string, (argument: never) => unknown>(Object.entries(tasks)).get(name);
  return task?.(JSON.parse(argument) as never);
}
