import { randomBytes } from 'node:crypto'

/** Randomness as an argument. */
export interface Random {
  bytes(length: number): Buffer
}

export const systemRandom: Random = { bytes: (length) => randomBytes(length) }
