import type { Answer, Context, Request } from "./simulate.ts"

export const ACCOUNT = "123456789012"
export const REGION = "eu-central-1"

/** One line of the table: a request, held against one policy alone, and what it gives. */
export interface Row extends Request {
  /** The policy's name, see documents.ts. */
  readonly on: string
  readonly gives: Answer
  /** The statement that decides; undefined: none says anything. */
  readonly by: string | undefined
  /** Whether the principal may do everything but for this policy. */
  readonly everything: boolean
}

export const role = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`

interface More {
  readonly principal?: string
  readonly everything?: boolean
  /** Another value of a key than the one that is looked for. */
  readonly other?: Readonly<Record<string, string | readonly string[]>>
  /** Keys without which the statement holds all the same. */
  readonly holdsWithout?: readonly string[]
  /** Keys of which every value will do. */
  readonly anyOf?: readonly string[]
  /** Keys of the context that the statement does not look at. */
  readonly beside?: Context
}

/** One policy's lines. */
export function tableOf(on: string, usual: { readonly principal?: string; readonly everything?: boolean } = {}) {
  const row = (
    gives: Answer,
    by: string | undefined,
    action: string,
    resource: string,
    context: Context,
    more: More,
  ) => ({
    on,
    principal: more.principal ?? usual.principal ?? role("tyler-setup-service"),
    everything: more.everything ?? usual.everything ?? false,
    action,
    resource,
    context: { ...more.beside, ...context },
    gives,
    by,
  })

  /** The same request with each key of its context left out, and with another value. */
  function spoiled(context: Context, more: More): { readonly context: Context; readonly holds: boolean }[] {
    return Object.entries(context).flatMap(([key, value]) => {
      const { [key]: _, ...without } = context
      const other = more.other?.[key] ?? otherThan(value)
      return [
        { context: without, holds: more.holdsWithout?.includes(key) ?? false },
        { context: { ...without, [key]: other }, holds: more.anyOf?.includes(key) ?? false },
      ]
    })
  }

  return {
    /** Allowed, and not once one thing about it is missing or different. */
    allows(
      by: string,
      actions: string | readonly string[],
      resource: string,
      context: Context = {},
      more: More = {},
    ): Row[] {
      return [actions]
        .flat()
        .flatMap((action) => [
          row("allowed", by, action, resource, context, more),
          ...spoiled(context, more).map((one) =>
            one.holds
              ? row("allowed", by, action, resource, one.context, more)
              : row("nothing", undefined, action, resource, one.context, more),
          ),
        ])
    },

    /** Refused to somebody who may do everything, and not once one thing about it is missing or different. */
    refuses(
      by: string,
      actions: string | readonly string[],
      resource: string,
      context: Context = {},
      more: More = {},
    ): Row[] {
      const all = { ...more, everything: true }
      return [actions]
        .flat()
        .flatMap((action) => [
          row("refused", by, action, resource, context, all),
          ...spoiled(context, more).map((one) =>
            one.holds
              ? row("refused", by, action, resource, one.context, all)
              : row("allowed", "Everything", action, resource, one.context, all),
          ),
        ])
    },

    /** Nobody says anything about it. */
    ignores(actions: string | readonly string[], resource: string, context: Context = {}, more: More = {}): Row[] {
      return [actions].flat().map((action) => row("nothing", undefined, action, resource, context, more))
    },

    /** Allowed whatever else is so. */
    lets(
      by: string | undefined,
      actions: string | readonly string[],
      resource: string,
      context: Context = {},
      more: More = {},
    ): Row[] {
      return [actions].flat().map((action) => row("allowed", by, action, resource, context, more))
    },
  }
}

function otherThan(value: string | readonly string[]): string | readonly string[] {
  if (typeof value !== "string") return value.map((one) => `${one}-other`)
  if (value === "true" || value === "false") return String(value !== "true")
  return value.startsWith("arn:") ? value.replace(ACCOUNT, "999999999999") : `${value}-other`
}
