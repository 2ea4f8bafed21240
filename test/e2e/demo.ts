import { join } from 'node:path';

/** The folder of the demo: a Corefile, and the manifest files of east and west. */
export const DEMO = join(import.meta.dirname, '..', '..', 'deploy', 'demo');
