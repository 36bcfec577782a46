import type { Command } from 'commander';

/** A message of commander about an argument or an option, with what to write in its place. */
export function withRemedy(message: string, command: Command): string {
  const remedy = remedyOf(message, command);
  const [first, ...more] = message.trimEnd().split('\n');
  return remedy === undefined ? message : [`${first.replace(/\.$/, '')}: ${remedy}`, ...more, ''].join('\n');
}

function remedyOf(message: string, command: Command): string | undefined {
  const isProgram = command.parent === null;
  const line = [command.parent?.name(), command.name(), ...command.registeredArguments.map(written)].join(' ').trim();
  if (/missing required argument/.test(message)) return `write ${line}`;
  if (/too many arguments/.test(message))
    return command.registeredArguments.length === 0
      ? `write ${line}`
      : `write ${line}, with quotes around a name with spaces`;
  if (/unknown command/.test(message)) return 'a command comes first, as in sinkhorn compare A.csv B.csv';
  if (/unknown option/.test(message) && isProgram)
    return 'options come after a command, as in sinkhorn compare A.csv B.csv --blur 0.05';
  const option = command.options.find(({ flags }) => message.includes(`option '${flags}'`));
  if (!option) return undefined;
  if (/argument missing/.test(message))
    return `write ${option.long ?? option.short} ${placeholderOf(option.flags)}: ${option.description}`;
  if (/not specified/.test(message)) return `add ${option.flags}: ${option.description}`;
  return undefined;
}

function written(argument: Command['registeredArguments'][number]): string {
  const shown = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${shown}>` : `[${shown}]`;
}

/** The value in flags such as -o, --out <file>. */
const placeholderOf = (flags: string): string => flags.slice(flags.indexOf('<'));
