import { type Column, oneHot, readLength, rowOf } from './columns.ts'
import { readIpAddress } from './ip-address.ts'
import { type Network, networkOf } from './ip-ranges.ts'
import { browsers, clients, readUserAgent, systems, type UserAgent } from './user-agent.ts'

/** What is known of a visitor over the last day, by the documented names. */
export interface FraudRequest {
  readonly user_id: string
  readonly ip_address: string
  readonly user_agent: string
  /** Integers >= 0. */
  readonly impressions_24h: number
  readonly clicks_24h: number
  readonly app_id?: string | null | undefined
  /** `rooted` or `jailbroken`, and `emulator`, count when they are true. */
  readonly device_info?: Readonly<Record<string, unknown>> | null | undefined
}

interface FraudFacts extends UserAgent {
  readonly impressions: number
  readonly clicks: number
  readonly addressWords: number
  readonly network: Network
  readonly agentLength: number
  readonly hasApp: boolean
  readonly device: Readonly<Record<string, unknown>> | undefined
}

/** Impressions and clicks above this count as this many. */
const mostEvents = 1e9
/** Ratios above this count as this: clicks without impressions have no ratio that means more. */
const mostClicksPerImpression = 2

const columns: readonly Column<FraudFacts>[] = [
  { name: 'log_impressions', value: facts => Math.log1p(facts.impressions) },
  { name: 'log_clicks', value: facts => Math.log1p(facts.clicks) },
  { name: 'click_ratio', value: facts => ratio(facts.clicks, Math.max(1, facts.impressions)) },
  { name: 'smoothed_click_ratio', value: facts => ratio(facts.clicks + 1, facts.impressions + 50) },
  { name: 'ip_v4', value: facts => Number(facts.addressWords === 1) },
  { name: 'ip_v6', value: facts => Number(facts.addressWords === 4) },
  ...oneHot<FraudFacts, Network>('ip', ['private', 'reserved', 'data_centre'], facts => facts.network),
  ...oneHot<FraudFacts, UserAgent['client']>('client', clients, facts => facts.client),
  ...oneHot<FraudFacts, UserAgent['browser']>('browser', browsers, facts => facts.browser),
  ...oneHot<FraudFacts, UserAgent['system']>('system', systems, facts => facts.system),
  { name: 'log_user_agent_length', value: facts => Math.log1p(facts.agentLength) },
  { name: 'has_app', value: facts => Number(facts.hasApp) },
  { name: 'has_device', value: facts => Number(facts.device !== undefined) },
  { name: 'device_rooted', value: facts => Number(isSet(facts.device, 'rooted') || isSet(facts.device, 'jailbroken')) },
  { name: 'device_emulator', value: facts => Number(isSet(facts.device, 'emulator')) }
]

/** Names of what {@link fraudFeatures} gives, in its order. */
export const fraudFeatureNames: readonly string[] = columns.map(({ name }) => name)

/**
 * The input row of the fraud model. Of the texts the first 1,024 characters count; `user_id` does not count, nor which
 * network an address is in, so that nobody is judged by their neighbours. Takes a few microseconds.
 */
export function fraudFeatures(request: FraudRequest): Float32Array {
  const agent = request.user_agent.slice(0, readLength)
  const address = readIpAddress(request.ip_address.slice(0, readLength))
  return rowOf(columns, {
    ...readUserAgent(agent),
    impressions: Math.min(request.impressions_24h, mostEvents),
    clicks: Math.min(request.clicks_24h, mostEvents),
    addressWords: address?.length ?? 0,
    network: networkOf(address),
    agentLength: agent.length,
    hasApp: Boolean(request.app_id),
    device: request.device_info ?? undefined
  })
}

function ratio(clicks: number, impressions: number): number {
  return Math.min(mostClicksPerImpression, clicks / impressions)
}

/** Clients write a flag as true, as 1 or as text. */
function isSet(device: Readonly<Record<string, unknown>> | undefined, name: string): boolean {
  const value = device?.[name]
  return value === true || value === 1 || value === 'true'
}
