import assert from "node:assert/strict"
import { test } from "node:test"
import { scramVerifier } from "./scram.ts"

test("the example of RFC 7677, 3: its server signature follows from the verifier", async () => {
  const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64")
  const verifier = await scramVerifier("pencil", { bytes: () => salt, uuid: () => "" })
  assert.equal(
    verifier,
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  )
})
