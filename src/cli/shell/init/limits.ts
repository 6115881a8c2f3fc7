/** From how many seconds before its end on a grant is called `soon`, and `now`. */
export const SOON_SECONDS = 600
export const NOW_SECONDS = 120

/** Between two sweeps that prompts ask for because of the same end, whatever number of shells is open. */
export const ASK_AGAIN_SECONDS = 60

/** A hint that was written later than this after now has seen another clock: how much time is left, nobody knows. */
export const SET_BACK_SECONDS = 5

/** A hint is short; what goes on is none of ours. */
export const MOST_LINES = 50

/** All that a name may show in a prompt. Spelt out, because ranges depend on the locale. */
export const NAME_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-'

/** How many grants are named before the rest is counted. */
export const MOST_NAMES = 3
export const NARROW_COLUMNS = 60
