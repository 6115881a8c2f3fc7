/** Hosts that never leave the machine (RFC 8252 §7.3, RFC 6761 §6.3): the only ones that plain HTTP may reach. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** https, or a connection that does not leave this machine. */
export const isProtected = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
