import type { TSchema } from "./schema.ts"

/** What TypeBox reports of one broken rule; `params` depend on the keyword. */
interface RuleFault {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: object
}

interface FieldFault {
  readonly [fact: string]: string
  /** JSON pointer (RFC 6901) into what was sent; "" is the whole of it. */
  readonly field: string
  readonly error: string
}

type Plain = Readonly<Record<string, unknown>>

/** Field names come from the caller: shown only if short and plain. */
const SHOWABLE = /^[\x21-\x7e]{1,64}$/

/**
 * The first broken rule as one sentence. Says names, types and limits; values are never quoted, so that a secret sent
 * in the wrong field comes back in no error and no log.
 */
export function explainFault(schema: TSchema, sent: unknown, faults: readonly RuleFault[], whole: string): FieldFault {
  const fault = faults.find((one) => one.keyword === "additionalProperties") ?? outermost(faults)
  if (!fault) return { field: "", error: `The ${whole} is not valid` }
  const rule = at(schema, fault.schemaPath)
  const params = fault.params as Plain
  if (fault.keyword === "additionalProperties") return unknownField(fault, rule, params)
  if (fault.keyword === "required") {
    const missing = String((params["requiredProperties"] as readonly string[])[0])
    const field = `${fault.instancePath}/${missing}`
    return { field, error: `${nameOf(field, whole)} is required` }
  }
  const subject = nameOf(fault.instancePath, whole)
  return { field: fault.instancePath, error: `${subject} ${complaint(fault, rule, at(sent, fault.instancePath))}` }
}

/**
 * A choice (`anyOf`) reports each member's fault and then its own. If what was sent has a member's type, that member's
 * complaint is the one to tell.
 */
function outermost(faults: readonly RuleFault[]): RuleFault | undefined {
  const choice = faults.find((one) => one.keyword === "anyOf")
  if (!choice || !faults[0]?.schemaPath.includes("/anyOf/")) return faults[0]
  const members = faults.filter((one) => one.schemaPath.startsWith(`${choice.schemaPath}/anyOf/`))
  const meant = members.find((one) => one.keyword !== "type")
  const deeper = members.find((one) => one.instancePath !== choice.instancePath)
  return deeper ?? meant ?? choice
}

function unknownField(fault: RuleFault, rule: unknown, params: Plain): FieldFault {
  const name = String((params["additionalProperties"] as readonly string[])[0])
  const known = Object.keys((rule as { properties?: object }).properties ?? {})
  const accepted = known.length === 0 ? "no field is accepted here" : `accepted: ${known.join(", ")}`
  if (!SHOWABLE.test(name)) return { field: fault.instancePath, error: `A field is not known here; ${accepted}` }
  const field = `${fault.instancePath}/${name}`
  return { field, error: `${nameOf(field, "")} is not known here; ${accepted}` }
}

function complaint(fault: RuleFault, rule: unknown, sent: unknown): string {
  const params = fault.params as Plain
  const limit = String(params["limit"])
  switch (fault.keyword) {
    case "type":
      return `must be ${expected(rule)}, not ${kindOf(sent)}`
    case "anyOf":
      return `must be ${expected(rule)}, not ${kindOf(sent)}`
    case "enum":
    case "const":
      return `must be ${expected(rule)}${typeof sent === "string" ? "" : `, not ${kindOf(sent)}`}`
    case "maxLength":
      return `must have at most ${limit} characters`
    case "minLength":
      return limit === "1" ? "must not be empty" : `must have at least ${limit} characters`
    case "maxItems":
      return `must have at most ${limit} items`
    case "minItems":
      return limit === "1" ? "must have at least one item" : `must have at least ${limit} items`
    case "maxProperties":
      return `must have at most ${limit} fields`
    case "uniqueItems":
      return "must not name the same item twice"
    case "minimum":
      return `must be at least ${limit}`
    case "maximum":
      return `must be at most ${limit}`
    case "propertyNames":
      return `has a field name that is not accepted; ${expected(rule)}`
    default:
      return `must be ${expected(rule)}`
  }
}

/** What a rule wants, in words: its description, its choices or its type. */
function expected(rule: unknown): string {
  const { description, type, anyOf, enum: choices, const: only } = (rule ?? {}) as Plain
  if (typeof description === "string") return description
  if (Array.isArray(anyOf)) return anyOf.map(expected).join(" or ")
  if (Array.isArray(choices)) return oneOf(choices)
  if (only !== undefined) return JSON.stringify(only)
  if (type === "integer") return "a whole number"
  if (type === "null") return "null"
  if (type === "array" || type === "object") return `an ${type}`
  return typeof type === "string" ? `a ${type}` : "of another form"
}

function kindOf(sent: unknown): string {
  if (sent === null) return "null"
  if (Array.isArray(sent)) return "an array"
  if (sent === undefined) return "missing"
  if (typeof sent === "number") return Number.isInteger(sent) ? "a number" : "a fraction"
  return typeof sent === "object" ? "an object" : `a ${typeof sent}`
}

/** `/tags/0/Key` as `tags[0].Key`. */
export function nameOf(pointer: string, whole: string): string {
  if (pointer === "") return `The ${whole}`
  return pointer
    .slice(1)
    .split("/")
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${unescape(step)}`))
    .join("")
    .replace(/^\./, "")
}

function at(root: unknown, pointer: string): unknown {
  let here = root
  for (const step of pointer.replace(/^#/, "").split("/").slice(1)) {
    if (typeof here !== "object" || here === null) return undefined
    here = (here as Plain)[unescape(step)]
  }
  return here
}

function unescape(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~")
}

/** Choices that are named in an error; of a longer list the API's description has the rest. */
const NAMED = 20

function oneOf(choices: readonly unknown[]): string {
  const named = choices.slice(0, NAMED).join(", ")
  return choices.length <= NAMED
    ? `one of ${named}`
    : `one of the ${choices.length} that the API describes: ${named}...`
}
