import { requireAdmin } from "./accounts.ts"
import { TylerError } from "../core/errors.ts"
import { actOf } from "./act.ts"
import { aboutPerson, type PersonRequest, personRow, refuseNaming } from "./erase-person.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

/** Keeps a person from being erased, for as long as a dispute or an inquiry needs what is kept. */
export async function holdPerson(on: Service, caller: Caller, ask: PersonRequest): Promise<void> {
  const person = await aboutPerson(on, "PERSON_HOLD", ask)
  const { about } = person
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      await personRow(on, ask.id)
      refuseNaming(person)
      if ((await on.reader.hold(ask.id)) !== undefined) throw new TylerError("person_held")
      const row = { personId: ask.id, heldBy: view.principal.id, heldAt: on.clock.now() }
      return {
        act: actOf(on, caller, view, about, { by: "role admin", changes: [{ kind: "holdPerson", row }] }),
        done: () => undefined,
      }
    },
  })
}

export async function releasePerson(on: Service, caller: Caller, ask: PersonRequest): Promise<void> {
  const person = await aboutPerson(on, "PERSON_RELEASE", ask)
  const { about } = person
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      await personRow(on, ask.id)
      refuseNaming(person)
      if ((await on.reader.hold(ask.id)) === undefined)
        throw new TylerError("not_found", { error: "The person is not held" })
      const changes = [{ kind: "releasePerson" as const, personId: ask.id }]
      return {
        act: actOf(on, caller, view, about, { by: "role admin", changes }),
        done: () => undefined,
      }
    },
  })
}
