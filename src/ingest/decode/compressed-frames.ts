// What the frames of lz4 and of zstd have in common.

/** The input is no frame, is cut, refers to what is not there, or cannot be read here. */
export class CorruptFrameError extends Error {
  override readonly name = 'CorruptFrameError';
}

/** The output is larger than allowed. */
export class FrameTooLargeError extends Error {
  override readonly name = 'FrameTooLargeError';
}

/** A frame for others: four bytes of length follow, and this many to pass over. The last four bits are free. */
export const isSkippable = (magic: number): boolean => magic >>> 4 === 0x184d2a5;
