import packageJson from '../package.json' with { type: 'json' }

/** Version of Millrace. */
export const { version } = packageJson
