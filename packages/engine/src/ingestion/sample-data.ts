import { fileURLToPath } from 'node:url'

/** Path of the series that comes with Millrace: 744 months, described in the README beside it. */
export const sampleDataFile = fileURLToPath(new URL('../../data/data.csv', import.meta.url))
