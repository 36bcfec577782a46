import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidOptionError } from '@sinkhorn/core';
import { isHash, sha256 } from './canonical.js';
import { FleetError } from './errors.js';
import { limits } from './limits.js';

/** Where bytes lie by their sha256. What comes back is checked against it, so that a store may be any place that keeps files. */
export interface BlobStore {
  get(hash: string): Promise<Uint8Array | undefined>;
  put(hash: string, bytes: Uint8Array): Promise<void>;
  has(hash: string): Promise<boolean>;
}

/** Checks a store of the caller's. @throws InvalidOptionError where it is none. */
export function checkStore(store: BlobStore | undefined): BlobStore | undefined {
  const isStore = (['get', 'put', 'has'] as const).every((name) => typeof store?.[name] === 'function');
  if (store === undefined || isStore) return store;
  throw new InvalidOptionError("store has no get, put and has: give one such as folderStore('/mnt/clouds')");
}

/**
 * A store in this process's memory.
 *
 * @example
 * ```ts
 * import { memoryStore } from '@sinkhorn/fleet';
 *
 * const store = memoryStore();
 * await store.put('a'.repeat(64), new Uint8Array(3));
 * if ((await store.get('a'.repeat(64)))?.length !== 3) throw new Error('it is there');
 * ```
 */
export function memoryStore(): BlobStore {
  const blobs = new Map<string, Uint8Array>();
  return {
    get: async (hash) => blobs.get(hash),
    put: async (hash, bytes) => {
      blobs.set(hash, bytes);
    },
    has: async (hash) => blobs.has(hash),
  };
}

/**
 * A store in a folder that all machines see, one file a blob.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { folderStore } from '@sinkhorn/fleet';
 *
 * const store = folderStore(await mkdtemp(`${tmpdir()}/blobs-`));
 * if (await store.has('0'.repeat(64))) throw new Error('it is empty');
 * ```
 */
export function folderStore(folder: string): BlobStore {
  if (typeof folder !== 'string' || folder === '') throw new InvalidOptionError('folder is no path: give one');
  const fileOf = (hash: string) => {
    if (!isHash(hash)) throw new FleetError('INVALID_TILE', 'a blob is named by its sha256 alone');
    return join(folder, hash);
  };
  /** The folder alone: one whose own folder is not there is on a disk that is not there either. */
  const made = () =>
    mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  const unlessMissing = (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw unusable(error);
  };
  const unusable = ({ code }: NodeJS.ErrnoException) =>
    new FleetError(
      'MISSING_BLOB',
      `the folder ${folder} of a store cannot be used (${code}): make it, and let all read and write there`,
    );
  return {
    async get(hash) {
      const file = fileOf(hash);
      const found = await stat(file).catch(unlessMissing);
      if (found && found.size > limits.blobBytes) throw tooLarge(found.size);
      const bytes = await readFile(file).catch(unlessMissing);
      // A copy with memory of its own: numbers in it begin where they have to.
      return bytes && new Uint8Array(bytes);
    },
    async put(hash, bytes) {
      const file = fileOf(hash);
      try {
        await made();
        // Nobody sees half a file.
        const part = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
        await writeFile(part, bytes);
        await rename(part, file);
      } catch (error) {
        throw unusable(error as NodeJS.ErrnoException);
      }
    },
    has: async (hash) => (await stat(fileOf(hash)).catch(unlessMissing)) !== undefined,
  };
}

/**
 * A store behind HTTP, an object a blob: GET, HEAD and PUT at `url/<sha256>`, as S3-like stores and their gateways take them.
 *
 * @param headers - such as an authorization.
 *
 * @example
 * ```ts
 * import { fleet, httpStore } from '@sinkhorn/fleet';
 *
 * const store = httpStore('https://objects.example/clouds', { authorization: 'Bearer secret' });
 * export const open = (connection: string) => fleet({ connection, store });
 * ```
 */
export function httpStore(url: string, headers: Readonly<Record<string, string>> = {}): BlobStore {
  const address = String(url);
  if (!/^https?:/.test(address) || !URL.canParse(address)) {
    throw new InvalidOptionError(
      'url is no http:// or https:// address: give one such as https://objects.example/clouds',
    );
  }
  const base = new URL(address.endsWith('/') ? address : `${address}/`);
  // Blobs are beside each other below the address: what comes after its path would be lost, or be sent to logs.
  if (base.search !== '' || base.hash !== '' || base.username !== '' || base.password !== '') {
    throw new InvalidOptionError(
      'url, the address of the store, has a name, a password, a query or a # part: give the address of the folder alone, and what signs requests as headers',
    );
  }
  const ask = async (method: string, hash: string, body?: Uint8Array): Promise<Response | undefined> => {
    const answer = await fetch(new URL(hash, base), {
      method,
      headers,
      ...(body && { body: body as BodyInit }),
    }).catch((error: Error) => {
      const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
      throw new FleetError(
        'MISSING_BLOB',
        `${method} of a blob: the store at ${base.host} does not answer (${code ?? error.message}): start it, or name another one`,
      );
    });
    if (answer.ok) return answer;
    await answer.body?.cancel();
    if (method !== 'PUT' && (answer.status === 404 || answer.status === 403)) return undefined;
    throw new FleetError('MISSING_BLOB', `${method} of a blob: the store at ${base.host} answers ${answer.status}`);
  };
  return {
    async get(hash) {
      const answer = await ask('GET', hash);
      return answer && bodyOf(answer, base.host);
    },
    put: async (hash, bytes) => {
      await ask('PUT', hash, bytes);
    },
    has: async (hash) => (await ask('HEAD', hash)) !== undefined,
  };
}

/** The bytes of an answer, which is left as soon as it is too large: not all say how long they are, and some never end. */
async function bodyOf(answer: Response, host: string): Promise<Uint8Array> {
  const told = Number(answer.headers.get('content-length') ?? 0);
  if (told > limits.blobBytes) {
    await answer.body?.cancel();
    throw tooLarge(told);
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    // Left early, what comes is cancelled.
    for await (const part of answer.body ?? []) {
      length += part.length;
      if (length > limits.blobBytes) throw tooLarge(length);
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof FleetError) throw error;
    throw new FleetError(
      'MISSING_BLOB',
      `GET of a blob: the store at ${host} stopped after ${length} bytes (${(error as Error).message}): try again, or name another one`,
    );
  }
  // A copy with memory of its own: numbers in it begin where they have to.
  return new Uint8Array(Buffer.concat(parts));
}

/**
 * Small blobs in one store, those above so many bytes in another.
 *
 * @example
 * ```ts
 * import { bySize, memoryStore } from '@sinkhorn/fleet';
 *
 * const [small, large] = [memoryStore(), memoryStore()];
 * await bySize(small, large, 2).put('a'.repeat(64), new Uint8Array(3));
 * if (!(await large.has('a'.repeat(64)))) throw new Error('3 bytes are more than 2');
 * ```
 */
export const bySize = (small: BlobStore, large: BlobStore, bytes: number): BlobStore => ({
  get: async (hash) => (await small.get(hash)) ?? large.get(hash),
  put: (hash, blob) => (blob.length > bytes ? large : small).put(hash, blob),
  has: async (hash) => (await small.has(hash)) || large.has(hash),
});

/**
 * A blob, checked on arrival.
 *
 * @throws FleetError where it is missing, too large, or not what its name says.
 */
export async function arrived(store: BlobStore, hash: string): Promise<Uint8Array> {
  if (!isHash(hash)) throw new FleetError('INVALID_TILE', 'a blob is named by its sha256 alone');
  const bytes = await store.get(hash);
  if (!bytes) throw new FleetError('MISSING_BLOB', `blob ${hash} is not in the store: put it again`);
  if (bytes.length > limits.blobBytes) throw tooLarge(bytes.length);
  if (sha256(bytes) !== hash)
    throw new FleetError('CORRUPT_BLOB', `blob ${hash} has other bytes than were put: put it again`);
  return bytes;
}

const tooLarge = (bytes: number) =>
  new FleetError('TOO_LARGE', `a blob has ${bytes} bytes: ${limits.blobBytes} are allowed`);
