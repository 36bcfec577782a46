import os from 'node:os';
import type { Command } from 'commander';
import { backendCandidates, probeBackends } from 'sinkhorn';
import type { CommandIo } from '../commandIo.js';
import { exitStatus } from '../exitStatus.js';
import { formatDuration } from '../writers/numbers.js';
import { formatTable } from '../writers/table.js';

/** Adds `sinkhorn doctor`. */
export function addDoctor(
  program: Command,
  io: CommandIo,
  run: (command: () => Promise<number>) => Promise<void>,
): void {
  program
    .command('doctor')
    .description('Which backends work on this machine, and why the others do not.')
    .option('--json', 'print one JSON document instead of a table')
    .action((options: { json?: boolean }) => run(() => doctor(options, io)));
}

async function doctor(options: { readonly json?: boolean }, io: CommandIo): Promise<number> {
  const probes = await probeBackends(backendCandidates);
  const found = probes.map(({ name, backend, reason, milliseconds }) => ({
    name,
    available: backend !== undefined,
    precision: backend?.precision,
    description: backend?.description,
    reason,
    milliseconds: Math.round(milliseconds),
  }));
  for (const { backend } of probes) backend?.dispose();
  const chosen = found.find(({ available }) => available)?.name;
  const machine = `Node ${process.versions.node}, ${os.platform()} ${os.arch()}, ${os.availableParallelism()} cores`;

  if (options.json) {
    io.stdout.write(`${JSON.stringify({ machine, chosen: chosen ?? null, backends: found }, null, 2)}\n`);
  } else {
    const rows = found.map((probe) => [
      probe.name,
      probe.available ? 'works' : 'does not work',
      probe.precision ?? '-',
      formatDuration(probe.milliseconds),
      [probe.name === chosen && 'chosen by --backend auto', probe.description].filter(Boolean).join(': '),
    ]);
    const table = formatTable([['backend', 'state', 'precision', 'time', 'remark'], ...rows], { header: true });
    // Reasons are sentences, too long for a column.
    const reasons = found.flatMap(({ reason }) => (reason === undefined ? [] : [`\n${reason}\n`]));
    io.stdout.write(`${machine}\n\n${table}\n${reasons.join('')}`);
  }
  return chosen ? exitStatus.done : exitStatus.badInput;
}
