/**
 * What an acknowledged write survives: `fsync` a power failure or a crash of the operating system, `os` the death of
 * the process (`kill -9`) but not that of the machine, `none` nothing but a clean stop.
 */
export const durabilities = ['fsync', 'os', 'none'] as const
/** One of {@link durabilities}. */
export type Durability = (typeof durabilities)[number]
