/** What a prompt needs to know of this installation. Absolute paths. */
export type PromptPlaces = {
  /** See `PROMPT_HINT`. */
  readonly hint: string
  /** Where prompts write down when one of them last asked for a sweep. */
  readonly asked: string
  /** `jit sweep`, as words; and the variables that make it look where `hint` lies. */
  readonly sweep: readonly string[]
  readonly env: Readonly<Record<string, string>>
}
