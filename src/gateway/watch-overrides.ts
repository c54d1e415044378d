// Limits of tenants from a file that is looked at while the gateway runs. A file that cannot be used changes nothing.
import { stat } from 'node:fs/promises';
import { Gauge } from 'prom-client';
import { fileVersion } from '../model/file-version.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface OverridesFile {
  readonly file: string;
  readonly everyMs: number;
}

/** Looks until the process ends. `use` reads the file; it rejects when that cannot be used. */
export function watchOverrides(
  { file, everyMs }: OverridesFile,
  { metrics, logger }: { readonly metrics: Metrics; readonly logger: Logger },
  use: (file: string) => Promise<void>,
): void {
  const isGood = new Gauge({
    name: 'loki_runtime_config_last_reload_successful',
    help: '1 while the file of overrides is used as it is; 0 while what it last said is kept.',
    registers: [metrics.registry],
  });
  isGood.set(1);
  let version = '';
  let told = '';
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      const found = fileVersion(await stat(file));
      if (found === version) return;
      version = found;
      await use(file);
      isGood.set(1);
      told = '';
      logger.info({ file }, 'limits of tenants were read');
    } catch (error) {
      isGood.set(0);
      // Said once, not at each look.
      const { message } = error as Error;
      if (message !== told)
        logger.error({ file, error }, 'limits of tenants cannot be read: what they were is kept');
      told = message;
    } finally {
      isLooking = false;
    }
  };
  void look();
  setInterval(() => void look(), everyMs).unref();
}
