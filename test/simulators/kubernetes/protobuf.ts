/** Length-delimited fields of a protobuf message by number; of a repeated one the last. Other wire types are not used by what is read here. */
export function fieldsOf(message: Buffer): ReadonlyMap<number, Buffer> {
  const fields = new Map<number, Buffer>()
  for (let at = 0; at < message.length; ) {
    const tag = varint(message, at)
    const length = varint(message, tag.next)
    const end = length.next + length.value
    if ((tag.value & 7) !== 2 || end > message.length) throw new Error('not a message of strings and messages')
    fields.set(tag.value >>> 3, message.subarray(length.next, end))
    at = end
  }
  return fields
}

/** The object in Kubernetes' envelope: `k8s`, a zero byte, and `runtime.Unknown` whose second field is the object. */
export function unwrap(body: Buffer): Buffer {
  if (!body.subarray(0, 4).equals(Buffer.from('k8s\0'))) throw new Error('not an envelope of Kubernetes')
  return fieldsOf(body.subarray(4)).get(2) ?? Buffer.alloc(0)
}

function varint(bytes: Buffer, from: number): { readonly value: number; readonly next: number } {
  let value = 0
  for (let next = from, shift = 0; shift < 28; next += 1, shift += 7) {
    const byte = bytes[next]
    if (byte === undefined) break
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return { value, next: next + 1 }
  }
  throw new Error('not a length')
}
