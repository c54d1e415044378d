// Where in the data directory the store is: said once, for the gateway and for the commands that open its file.
import { join } from 'node:path';

export const storePath = (dataDir: string): string => join(dataDir, 'skald.db');
