// Bodies and frames are memory outside of the heap. Left to the garbage collector, every eight megabytes of them cost a
// marking of the heap, twice as many collections in the whole process as without, and tens of megabytes wait for it.
import { MessageChannel } from 'node:worker_threads';

const { port1: nowhere, port2: otherEnd } = new MessageChannel();
otherEnd.close();

/** Gives the memory back now: a message to a closed port takes what moves with it along. Views of it become empty. */
export function freeMemory(buffer: ArrayBuffer): void {
  nowhere.postMessage(undefined, [buffer]);
}

/** As freeMemory for bytes that have an ArrayBuffer to themselves; of bytes that share theirs nothing happens. */
export function freeBytes({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) freeMemory(buffer);
}
