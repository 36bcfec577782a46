import path from 'node:path';
import { type Command, Option } from 'commander';
import { type ThemeName, themeNames } from '../plots/theme.js';

/** How pictures look. */
export interface PictureOptions {
  readonly theme?: ThemeName;
  readonly title?: string;
}

/** Adds the options of pictures to a command that draws some. */
export function addPictureOptions(command: Command): Command {
  return command
    .addOption(new Option('--theme <name>', 'the look of pictures').choices(themeNames).default('dark'))
    .option('--title <text>', 'the title of pictures');
}

/** Letters of each name: both fit into the title of any picture. */
const MOST_LETTERS = 34;

/** The title that was asked for, or the names of both files, the middle of long ones left out. */
export function titleOf({ title }: PictureOptions, a: string, between: string, b: string): string {
  const [one, other] = [a, b].map((file) => {
    const letters = [...path.basename(file)];
    if (letters.length <= MOST_LETTERS) return letters.join('');
    return `${letters.slice(0, MOST_LETTERS / 2).join('')}…${letters.slice(1 - MOST_LETTERS / 2).join('')}`;
  });
  return title ?? `${one} ${between} ${other}`;
}
