import { z } from '@hono/zod-openapi'
import {
  type ChannelAnswer,
  type ChannelCall,
  LONGEST_CHANNEL_WAIT_SECONDS,
  MOST_CHANNEL_GRANTS,
} from '../../../contract/channel.ts'
import { END_REASONS } from '../../../contract/grant.ts'
import { shapeOf } from '../same-shape.ts'
import { list } from './members.ts'

/** Body of `POST /v1/channel`. */
export const channelCall = shapeOf<ChannelCall>()(
  z.strictObject({
    grants: z.array(z.string().max(64)).max(MOST_CHANNEL_GRANTS).readonly(),
    waitSeconds: z.number().int().min(0).max(LONGEST_CHANNEL_WAIT_SECONDS),
  }),
).openapi('ChannelCall')
export const channelAnswer = shapeOf<ChannelAnswer>()(
  z.strictObject({ ended: list(z.strictObject({ grant: z.string(), reason: z.enum(END_REASONS) })) }),
).openapi('ChannelAnswer')
