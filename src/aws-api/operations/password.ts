import { Type } from "../../api/schema.ts"
import { randomPassword } from "../../operations/random-password.ts"
import { members } from "../fields.ts"
import { type Operation, operation } from "../operation.ts"

const flag = Type.Optional(Type.Boolean())

export const passwordOperations: readonly Operation[] = [
  operation({
    name: "GetRandomPassword",
    action: "RANDOM_PASSWORD",
    input: members({
      PasswordLength: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096 })),
      ExcludeCharacters: Type.Optional(Type.String({ maxLength: 4096 })),
      ExcludeNumbers: flag,
      ExcludePunctuation: flag,
      ExcludeUppercase: flag,
      ExcludeLowercase: flag,
      IncludeSpace: flag,
      RequireEachIncludedType: flag,
    }),
    async run(desk, caller, input) {
      const RandomPassword = await randomPassword(desk.service, caller, {
        length: input.PasswordLength ?? 32,
        exclude: input.ExcludeCharacters ?? "",
        lowercase: input.ExcludeLowercase !== true,
        uppercase: input.ExcludeUppercase !== true,
        numbers: input.ExcludeNumbers !== true,
        punctuation: input.ExcludePunctuation !== true,
        space: input.IncludeSpace === true,
        everyClass: input.RequireEachIncludedType !== false,
      })
      return { RandomPassword }
    },
  }),
]
