import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { account, defaultRoleOf, grantOf, hasUsualPassword, optionsOf, partsOf } from "./mariadb-words.ts"

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }).filter((text) => !text.includes("\0"))
/** Words of the language, where a splitter would go wrong. */
const hostile = fc.oneof(
  name,
  fc.constantFrom("x` TO `y", "TO", "a' ON b", '"', "WITH GRANT OPTION", "\\", "`@`", "REQUIRE"),
)

test("a grant is read whatever its names hold", () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, fc.boolean(), (user, host, table, passedOn) => {
      const quoted = `\`${table.replaceAll("`", "``")}\``
      const what = `SELECT (${quoted}), UPDATE ON ${quoted}.*`
      const hash = "IDENTIFIED BY PASSWORD '*00' REQUIRE SUBJECT 'TO WITH GRANT OPTION' WITH"
      const line = `GRANT ${what} TO ${account(user, host)} ${hash}${passedOn ? " GRANT OPTION" : ""} MAX_USER_CONNECTIONS 7`
      assert.deepEqual(grantOf(line, user, host), { what, passedOn: passedOn ? "GRANT" : undefined })
      assert.deepEqual(partsOf(what), { rights: `SELECT (${quoted}), UPDATE`, on: `${quoted}.*` })
      assert.equal(grantOf(line, `${user}x`, host), undefined)
      assert.equal(grantOf(line, user, `${host}x`), undefined)
    }),
  )
})

test("no right, roles and what comes with them", () => {
  assert.equal(grantOf("GRANT USAGE ON *.* TO `u`@`%`", "u", "%"), undefined)
  assert.deepEqual(grantOf("GRANT USAGE ON *.* TO `u`@`%` WITH GRANT OPTION", "u", "%"), {
    what: "USAGE ON *.*",
    passedOn: "GRANT",
  })
  assert.deepEqual(grantOf("GRANT `r` TO `u`@`%` WITH ADMIN OPTION", "u", "%"), { what: "`r`", passedOn: "ADMIN" })
  assert.equal(grantOf("GRANT SELECT ON `d`.* TO `r`", "r", "%"), undefined)
  assert.equal(defaultRoleOf("SET DEFAULT ROLE `a b` FOR `u`@`%`"), "`a b`")
})

test("options and the kind of password", () => {
  const made =
    "CREATE USER `WITH`@`REQUIRE` IDENTIFIED BY PASSWORD '*00' REQUIRE SSL WITH MAX_USER_CONNECTIONS 7 ACCOUNT LOCK"
  assert.equal(optionsOf(made), "REQUIRE SSL WITH MAX_USER_CONNECTIONS 7")
  assert.equal(optionsOf("CREATE USER `u`@`%` IDENTIFIED BY PASSWORD '*00' PASSWORD EXPIRE NEVER"), "")
  assert.ok(hasUsualPassword(made))
  assert.ok(hasUsualPassword("CREATE USER `u`@`%` IDENTIFIED VIA mysql_native_password USING '*00'"))
  assert.ok(!hasUsualPassword("CREATE USER `u`@`%` IDENTIFIED VIA mysql_native_password USING '*00' OR unix_socket"))
  assert.ok(!hasUsualPassword("CREATE USER `u`@`%` IDENTIFIED VIA ed25519 USING 'x'"))
  assert.ok(!hasUsualPassword("CREATE USER `u`@`%`"))
})
