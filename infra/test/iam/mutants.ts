import type { Document, Statement } from "./documents.ts"

/** A policy that says a little less or a little more than the real one. Some line of the table must notice. */
export interface Mutant {
  readonly what: string
  readonly document: Document
}

/** Every statement gone; every action, resource and condition of each gone; every resource widened to all. */
export function mutantsOf(document: Document): readonly Mutant[] {
  return document.statements.flatMap((statement, index) => {
    const instead = (what: string, changed: readonly Statement[]): Mutant => ({
      what: `${document.name}/${statement.Sid}: ${what}`,
      document: { ...document, statements: document.statements.toSpliced(index, 1, ...changed) },
    })
    return [
      instead("without it", []),
      ...lists(statement, document.kind).map(({ what, changed }) => instead(what, [changed])),
      ...conditions(statement).map(({ what, changed }) => instead(what, [changed])),
    ]
  })
}

interface Changed {
  readonly what: string
  readonly changed: Statement
}

/** A resource's policy is about that resource alone, so all of it is already everything. */
const ALL_OF_ONE = /^arn:aws:(?:s3:::[^/]+(?:\/\*)?|sns:.*)$/

function lists(statement: Statement, kind: Document["kind"]): readonly Changed[] {
  return (["Action", "Resource"] as const).flatMap((member) => {
    const all = [statement[member] ?? []].flat()
    const fewer = all.length < 2 ? [] : all.map((one) => ({ without: one, left: all.filter((other) => other !== one) }))
    const less = fewer.map(({ without, left }) => ({
      what: `without the ${member.toLowerCase()} ${without}`,
      changed: { ...statement, [member]: left },
    }))
    const widest = kind === "resource" && all.every((one) => ALL_OF_ONE.test(one))
    const wider = member === "Resource" && all.length > 0 && !all.includes("*") && !widest
    return wider ? [...less, { what: "of every resource", changed: { ...statement, Resource: "*" } }] : less
  })
}

function conditions(statement: Statement): readonly Changed[] {
  const { Condition = {} } = statement
  return Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).flatMap(([key, wanted]) => {
      const { [key]: _, ...others } = keys
      const { [operator]: __, ...rest } = Condition
      const left = Object.keys(others).length > 0 ? { ...rest, [operator]: others } : rest
      const values: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted]
      const fewer = values.length < 2 ? [] : values.map((one) => values.filter((other) => other !== one))
      return [
        { what: `without ${operator} ${key}`, changed: { ...statement, Condition: left } },
        ...fewer.map((some) => ({
          what: `${key} only ${some.join(", ")}`,
          changed: { ...statement, Condition: { ...Condition, [operator]: { ...keys, [key]: some } } },
        })),
      ]
    }),
  )
}
