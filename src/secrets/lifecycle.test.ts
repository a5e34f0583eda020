import assert from "node:assert/strict"
import { test } from "node:test"
import { TylerError } from "../core/errors.ts"
import type { VersionId } from "../core/version.ts"
import { attach, MOST_LABELS, moveLabel } from "./lifecycle.ts"

const [ONE, TWO] = ["1", "2"].map((digit) => digit.repeat(32)) as [VersionId, VersionId]
const own = (count: number) => Array.from({ length: count }, (_, at) => ({ label: `own${at}`, versionId: ONE }))

test("a secret has 20 labels at most, over all its versions", () => {
  const full = [...own(MOST_LABELS - 1), { label: "current", versionId: ONE }]
  assert.equal(attach(own(MOST_LABELS - 2), TWO, ["blue"]).length, MOST_LABELS, "and it became current")
  assert.throws(() => attach(full, TWO, ["blue"]), isRefusal("too_many_labels"))
  assert.throws(() => attach(full, TWO), isRefusal("too_many_labels"), "previous is one more")
  assert.equal(attach(full, TWO, ["own0"]).length, MOST_LABELS, "moved, not added")
  assert.throws(() => moveLabel(full, { label: "blue", to: ONE, from: undefined }), isRefusal("too_many_labels"))
  assert.equal(moveLabel(full.slice(1), { label: "blue", to: ONE, from: undefined }).length, MOST_LABELS)
})

test("a version that is given current and previous keeps both; the old current has neither", () => {
  const labels = attach([{ label: "current", versionId: ONE }], TWO, ["current", "previous"])
  assert.deepEqual(labels, [
    { label: "current", versionId: TWO },
    { label: "previous", versionId: TWO },
  ])
})

function isRefusal(code: TylerError["code"]) {
  return (error: unknown) => error instanceof TylerError && error.code === code
}
