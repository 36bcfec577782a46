import { Option } from 'commander';
import { number } from './inputs.js';

/** The length of unbalanced transport, as an option. */
export const reachOption = new Option(
  '--reach <length>',
  'how far mass travels before leaving it out costs less (default: any distance)',
).argParser(number);
