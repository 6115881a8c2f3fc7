import { BlockList, isIP } from 'node:net'

/** Whether an address is one of `ranges`: addresses, or networks such as `10.0.0.0/8`. Throws `RangeError` for what is neither. */
export function addressRanges(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges) addTo(list, range)
  return (address) => {
    const version = isIP(address)
    return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
  }
}

function addTo(list: BlockList, range: string): void {
  const [address = '', prefix] = range.split('/')
  const version = isIP(address)
  const bits = prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix)
  if (version === 0 || !Number.isInteger(bits) || bits < 0 || bits > (version === 4 ? 32 : 128))
    throw new RangeError(`${range} is no address or network`)
  list.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6')
}
