/** Check words of a block, as QR codes have them: Reed-Solomon over GF(256), polynomial 0x11d, roots 2^0 to 2^(count - 1). */
export function remainder(block: Buffer, count: number): number[] {
  let generator = [1]
  for (let root = 1, at = 0; at < count; at++, root = times(root, 2))
    generator = [...generator, 0].map((byte, place) => byte ^ times(generator[place - 1] ?? 0, root))
  const rest = Array.from<number>({ length: count }).fill(0)
  for (const byte of block) {
    const factor = byte ^ (rest.shift() ?? 0)
    rest.push(0)
    for (let place = 0; place < count; place++)
      rest[place] = (rest[place] ?? 0) ^ times(generator[place + 1] ?? 0, factor)
  }
  return rest
}

function times(one: number, other: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ (product >= 128 ? 0x11d : 0)
    if ((other >> bit) & 1) product ^= one
  }
  return product
}
