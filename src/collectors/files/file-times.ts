// What the time of a file's or folder's last change tells.

/** Within so long of a change another may carry the same time. */
const clockTickMs = 2_000;

/** Whether a change from now on will carry another time than the last one, which was at this Unix time. */
export const isSettled = (changedMs: number): boolean => Math.abs(Date.now() - changedMs) > clockTickMs;
