/** Which versions of a model are served. */
export type VersionPolicy =
  | { readonly kind: 'all' }
  | { readonly kind: 'latest'; readonly count: number }
  | { readonly kind: 'specific'; readonly versions: readonly string[] }
  | { readonly kind: 'range'; readonly range: string }

/** What `config.json` of a model says; see docs/reference for the file. */
export interface ModelConfig {
  /** The policy of the server unless given. */
  readonly versionPolicy?: VersionPolicy | undefined
  /** Aliases until somebody moves them. */
  readonly aliases: Readonly<Record<string, string>>
  readonly maxBatchRows?: number | undefined
  readonly batchDelayUs?: number | undefined
  readonly queueLimit?: number | undefined
  readonly placement?: 'inline' | 'thread' | undefined
  readonly instances?: number | undefined
  readonly threads?: number | undefined
}
