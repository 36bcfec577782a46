/** Where the module of a thread is: beside this one, as it is built. Tests, which run sources, name another. */
export const threadModule = { url: new URL('./thread.js', import.meta.url) };
