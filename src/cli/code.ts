import { TylerApiError } from "../client/error.ts"
import { type Call, given, UsageError } from "./command.ts"
import { note } from "./print.ts"
import { ask } from "./prompt.ts"
import { firstLine } from "./secret-input.ts"

/** How often a code is asked for: the server makes accounts wait after five wrong ones. */
const CODE_TRIES = 3
export const CODE_QUESTION = "Code of your app, or a recovery code"

/**
 * Gives a code of a second factor to `use`: the one in `--code-file`, once, or what is typed, up to three times while
 * the server says that it is not right.
 */
export async function withCode<T>(call: Call, question: string, use: (code: string) => Promise<T>): Promise<T> {
  const file = given(call, "code-file")
  if (file !== undefined) return use(codeOf(await firstLine(call.world, file)))
  for (let left = CODE_TRIES - 1; ; left--) {
    try {
      return await use(codeOf(await ask(call.world, question)))
    } catch (error) {
      if (left === 0 || !(error instanceof TylerApiError && error.code === "verification_failed")) throw error
      await note(call.world, "tyler: that code is not right, or was used already; each works once")
    }
  }
}

/** Apps show `123 456`; the server takes six digits and nothing else. */
function codeOf(typed: string): string {
  const code = typed.replaceAll(/\s/g, "")
  if (code === "") throw new UsageError("a code is needed; nothing was done")
  return code
}
