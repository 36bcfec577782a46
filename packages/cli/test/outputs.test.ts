import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { checkOutputFolder, checkOutputs, writeOutputFolder, writeOutputs } from '../src/writers/outputs.js';
import { useFolder } from './helpers.js';

const folder = useFolder();

describe('checkOutputs', () => {
  it('takes a new file, and one that is there', async () => {
    await checkOutputs([folder.at('new.csv'), await folder.write('old.csv', 'x')]);
    expect(await readdir(folder.path)).toEqual(['old.csv']);
  });

  it.each([
    { what: 'a folder', name: 'sub', message: 'it is a folder' },
    { what: 'a folder that is not there', name: 'none/a.csv', message: 'its folder does not exist' },
    { what: 'a file as a folder', name: 'input.csv/a.csv', message: 'its folder is a file' },
    { what: 'the input', name: 'input.csv', message: 'it is the input' },
    { what: 'the input under another name', name: 'link.csv', message: 'it is the input' },
    { what: 'the input by a detour', name: 'sub/../input.csv', message: 'it is the input' },
    { what: 'another output', name: 'other.csv', message: 'two outputs have this name' },
  ])('refuses $what', async ({ name, message }) => {
    const input = await folder.write('input.csv', 'x\n1\n');
    await mkdir(folder.at('sub'));
    await symlink(input, folder.at('link.csv'));
    await expect(checkOutputs([folder.at('other.csv'), folder.at(name)], [input])).rejects.toThrow(message);
    expect(await readdir(folder.path)).toEqual(['input.csv', 'link.csv', 'sub']);
  });

  it('refuses a device', async () => {
    await expect(checkOutputs(['/dev/null'])).rejects.toThrow('not an ordinary file');
  });
});

describe('writeOutputs', () => {
  it('writes all files', async () => {
    await writeOutputs([
      { path: folder.at('a'), contents: '1' },
      { path: folder.at('b'), contents: '2' },
    ]);
    expect(await readFile(folder.at('a'), 'utf8')).toBe('1');
    expect((await readdir(folder.path)).sort()).toEqual(['a', 'b']);
  });

  it('writes none when a later one fails, and leaves what was there', async () => {
    await folder.write('a', 'old');
    const outputs = [
      { path: folder.at('a'), contents: 'new' },
      { path: folder.at('none/b'), contents: '2' },
    ];
    await expect(writeOutputs(outputs)).rejects.toThrow('its folder does not exist');
    expect(await readdir(folder.path)).toEqual(['a']);
    expect(await readFile(folder.at('a'), 'utf8')).toBe('old');
  });
});

describe('writeOutputFolder', () => {
  const files = [
    { path: 'a', contents: '1' },
    { path: 'b', contents: '2' },
  ];

  it('makes the folder', async () => {
    await checkOutputFolder(folder.at('out'), ['a', 'b']);
    await writeOutputFolder(folder.at('out'), files);
    expect(await readdir(folder.path)).toEqual(['out']);
    expect((await readdir(folder.at('out'))).sort()).toEqual(['a', 'b']);
  });

  it('writes into a folder that is there, and leaves other files alone', async () => {
    await mkdir(folder.at('out'));
    await folder.write('out/c', '3');
    await writeOutputFolder(folder.at('out'), files);
    expect((await readdir(folder.at('out'))).sort()).toEqual(['a', 'b', 'c']);
  });

  it('refuses a file, a folder in no folder, and a name that is taken by a folder', async () => {
    await folder.write('file', '');
    await mkdir(folder.at('out'));
    await mkdir(folder.at('out/a'));
    await expect(checkOutputFolder(folder.at('file'), ['a'])).rejects.toThrow('it is a file');
    await expect(checkOutputFolder(folder.at('none/out'), ['a'])).rejects.toThrow('its folder does not exist');
    await expect(checkOutputFolder(folder.at('out'), ['a'])).rejects.toThrow('it is a folder');
  });
});
