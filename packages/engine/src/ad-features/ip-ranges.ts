import { type IpAddress, ipRange, isWithin } from './ip-address.ts'

/** Addresses inside somebody's own network: RFC 1918, RFC 6598 (carrier-grade NAT), RFC 4193. */
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'].map(ipRange)

/** Addresses that no visitor has: RFC 6890 and the multicast blocks. */
const reservedRanges = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/127',
  '100::/64',
  '2001:db8::/32',
  'fe80::/10',
  'ff00::/8'
].map(ipRange)

/** Some well-known blocks of cloud and hosting providers, where people do not browse from. By no means all. */
const dataCentreRanges = [
  '3.0.0.0/9',
  '5.9.0.0/16',
  '18.128.0.0/9',
  '20.64.0.0/10',
  '34.64.0.0/10',
  '35.184.0.0/13',
  '40.112.0.0/13',
  '45.33.0.0/17',
  '51.68.0.0/16',
  '52.0.0.0/11',
  '54.144.0.0/12',
  '88.198.0.0/16',
  '95.216.0.0/16',
  '104.131.0.0/16',
  '139.162.0.0/16',
  '159.65.0.0/16',
  '167.99.0.0/16',
  '2001:41d0::/32',
  '2600:1900::/28',
  '2600:1f00::/24',
  '2604:a880::/32',
  '2a01:4f8::/32'
].map(ipRange)

/** Where an address is from. */
export type Network = 'data_centre' | 'private' | 'public' | 'reserved' | 'unknown'

/** @returns `unknown` for text that was no address */
export function networkOf(address: IpAddress | undefined): Network {
  if (address === undefined) return 'unknown'
  if (isWithin(address, privateRanges)) return 'private'
  if (isWithin(address, reservedRanges)) return 'reserved'
  return isWithin(address, dataCentreRanges) ? 'data_centre' : 'public'
}
