import { PRIVATE_HOSTS, type Reach } from './url-policy';

/** A host has an address that it must not have. Nothing was sent. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
  readonly code = 'ADDRESS_REFUSED';

  constructor(host: string, address: string, reach: Reach) {
    const expected = reach === 'loopback' ? 'not of this machine' : 'not on the public internet';
    const advice = `If it is meant, list the host in ${PRIVATE_HOSTS}; if not, look at your DNS.`;
    super(`${host} has the address ${address}, which is ${expected}: nothing was sent. ${advice}`);
  }
}
