#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=25
/**
 * Where the process begins: what must be so before any other module is loaded, then the command.
 *
 * Node keeps what it made of our TypeScript in a folder, and takes it from there at the next start:
 * half of the time to load, and 10 MiB less for each thread, since what strips types is not loaded
 * either. Hence this one file without types. Where the folder can't be written, all is made anew.
 *
 * V8 lets its heap grow to four times of what lives before it collects: the flags of the first line
 * trade some collections more for half of the memory. They count from the start of the process only.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** After the start: kept also when the process is killed later. */
const KEEP_AFTER_MS = 5000;

// Node opens its debugger for this signal while nobody else wants it, and whoever reloads may be
// early, or take a watcher for a resolver.
process.on('SIGUSR1', () => {});

const { NODE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
const folder = NODE_COMPILE_CACHE || ownFolder();
if (folder !== undefined) {
  enableCompileCache(folder);
  process.env.NODE_COMPILE_CACHE = folder; // for the threads
  setTimeout(flushCompileCache, KEEP_AFTER_MS).unref();
}

await import('./main.ts');

/** Of this user alone: code is run from it. Undefined for a user without a home. */
function ownFolder() {
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'isthmus');
  try {
    return join(homedir(), '.cache', 'isthmus');
  } catch {
    return undefined; // a number of a container, which the system has no entry for
  }
}
