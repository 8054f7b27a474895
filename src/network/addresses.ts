/** Which IP addresses are on the public internet. Pure. */
import { BlockList, isIP } from 'node:net';

type Range = [network: string, bits: number];

/** Sources: the IANA special-purpose address registries (RFC 6890), and the clouds' own services. */
const PRIVATE_V4: Range[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // With 169.254.169.254, where clouds keep the credentials of a machine.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, reserved and broadcast.
  ['224.0.0.0', 3],
  // Looks public, and is the platform of each machine at Azure.
  ['168.63.129.16', 32],
];

/** Within 2000::/3, outside of which nothing is public. Tunnels (Teredo, 6to4) carry an IPv4 address that may be any. */
const PRIVATE_V6: Range[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const NAT64 = '64:ff9b::';
const NAT64_BITS = 96;

function listOf(ranges: Range[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [network, bits] of ranges) list.addSubnet(network, bits, family);
  return list;
}

const privateV4 = listOf(PRIVATE_V4, 'ipv4');
const privateV6 = listOf(
  [...PRIVATE_V6, ...PRIVATE_V4.map(([network, bits]): Range => [`${NAT64}${network}`, NAT64_BITS + bits])],
  'ipv6',
);
const publicV6 = listOf([['2000::', 3], [NAT64, NAT64_BITS]], 'ipv6'); // prettier-ignore
const loopback = listOf([['127.0.0.0', 8]], 'ipv4');

/** Whether anybody on the internet has it: not a private network's, this machine's, a cloud's, or one in a tunnel. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !privateV4.check(address, 'ipv4');
    case 6:
      return publicV6.check(address, 'ipv6') && !privateV6.check(address, 'ipv6');
    default:
      return false;
  }
}

/** Whether it is this machine's own, in any form. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family === 4 ? loopback.check(address, 'ipv4') : family === 6 && address === '::1';
}
