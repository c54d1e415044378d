// How far the heaps of threads grow before their garbage is collected. V8 has one program with one heap in mind: here
// are six and more, and under load what each holds for later is most of the memory of the process.
import { setFlagsFromString } from 'node:v8';

/** MiB of each half of a worker's young generation; 16 by default, which query threads fill. */
const semiSpaceMbMax = 4;
/** Percent of what lives in an old generation that may be added before the next marking; by default up to three times it. */
const growthPercent = 50;

/** For workers that start from now on; the second bound for the calling thread, too. */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--max-semi-space-size=${semiSpaceMbMax}`);
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
}
