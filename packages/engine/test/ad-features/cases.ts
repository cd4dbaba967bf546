import { readFileSync } from 'node:fs'
import type { BidRequest, CtrRequest, FraudRequest } from '../../src/index.ts'

/** A request, its features that are not 0, and what the model answers for one row of them, by output. */
export interface Case<Request> {
  readonly request: Request
  readonly features: Readonly<Record<string, number>>
  readonly outputs: Readonly<Record<string, readonly number[]>>
}

/** Requests, and what Python made of them. */
export interface Cases {
  readonly fraud: readonly Case<FraudRequest>[]
  readonly ctr: readonly Case<CtrRequest>[]
  readonly bid: readonly Case<BidRequest>[]
  /** Addresses at the ends of all known ranges and just outside of them, and what network each is in. */
  readonly networks: readonly (readonly [address: string, network: string])[]
  /** User agents of one known word, and what each is. */
  readonly agents: readonly (readonly [text: string, client: string, browser: string, system: string])[]
}

/** What training/check_features.py wrote. */
export function readCases(): Cases {
  return JSON.parse(readFileSync(new URL('./fixtures/requests.json', import.meta.url), 'utf8')) as Cases
}
