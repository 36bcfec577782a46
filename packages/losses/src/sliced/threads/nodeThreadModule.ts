/** Where the module of a thread is: beside this one, as it is built. Tests, which run sources, name another. */
export const nodeThreadModule = { url: new URL('./nodeThread.js', import.meta.url) };
