import { Type } from "../../api/schema.ts"
import { tagSecret } from "../../operations/tags.ts"
import { members, SecretId, Tags } from "../fields.ts"
import { type Operation, operation } from "../operation.ts"
import { tagsIn } from "../parameters.ts"
import { secretRef } from "../secret-id.ts"

export const tagOperations: readonly Operation[] = [
  operation({
    name: "TagResource",
    action: "TAG",
    input: members({ SecretId, Tags }),
    async run(desk, caller, input) {
      const set = tagsIn(input.Tags)
      const ref = await secretRef(desk, caller, "write", input.SecretId)
      await tagSecret(desk.service, caller, { ...ref, set, removed: [], reason: null })
      return {}
    },
  }),

  operation({
    name: "UntagResource",
    action: "TAG",
    input: members({ SecretId, TagKeys: Type.Array(Type.String({ minLength: 1, maxLength: 128 })) }),
    async run(desk, caller, input) {
      const ref = await secretRef(desk, caller, "write", input.SecretId)
      await tagSecret(desk.service, caller, { ...ref, set: [], removed: input.TagKeys, reason: null })
      return {}
    },
  }),
]
