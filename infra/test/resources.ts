import assert from "node:assert/strict"
import type { Resource, Synthesis } from "./synthesis.ts"

type Templates = Synthesis["templates"]

export function allOf(type: string, templates: Templates): readonly (Resource & { readonly id: string })[] {
  return Object.values(templates).flatMap(({ Resources }) =>
    Object.entries(Resources).flatMap(([id, resource]) => (resource.Type === type ? [{ ...resource, id }] : [])),
  )
}

export function only(type: string, templates: Templates): Resource {
  const [one, ...more] = allOf(type, templates)
  assert.ok(one !== undefined && more.length === 0, `${more.length + 1} of ${type}`)
  return one
}
