import assert from "node:assert/strict"
import { test } from "node:test"
import { isDangerous, isVariable } from "./variables.ts"

test("a secret never takes the place of a variable that steers how programs run", () => {
  const steering = [
    "PATH",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "DYLD_INSERT_LIBRARIES",
    "NODE_OPTIONS",
    "BASH_ENV",
    "ENV",
    "IFS",
  ]
  const more = [
    "PYTHONSTARTUP",
    "PERL5OPT",
    "GIT_SSH_COMMAND",
    "http_proxy",
    "TYLER_URL",
    "TYLER_TOKEN",
    "HOME",
    "Path",
  ]
  for (const name of [...steering, ...more]) assert.equal(isDangerous(name), true, name)
  for (const name of ["DB_PASSWORD", "API_KEY", "PATHS", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"])
    assert.equal(isDangerous(name), false, name)
})

test("variables have POSIX names of at most 128 characters", () => {
  for (const name of ["A", "_", "a1_B", "A".repeat(128)]) assert.equal(isVariable(name), true, name)
  for (const name of ["", "1A", "A-B", "A=B", "A B", "BASH_FUNC_x%%", "Ä", "A\n", "A".repeat(129)])
    assert.equal(isVariable(name), false, name)
})
