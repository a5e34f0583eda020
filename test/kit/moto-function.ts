import assert from "node:assert/strict"
import { MOTO_ACCOUNT, MOTO_REGION } from "./moto-process.ts"

/** An archive without files. */
const NOTHING = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="

/** A function that moto has, and that does nothing: what its rotations do, a test does. @returns its ARN */
export async function motoFunction(origin: string, name: string): Promise<string> {
  const post = async (path: string, service: string, body: string | URLSearchParams): Promise<void> => {
    const scope = `AKIA/20260101/${MOTO_REGION}/${service}/aws4_request`
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=x`
    const answer = await fetch(origin + path, { method: "POST", headers: { authorization }, body })
    assert.ok(answer.ok, await answer.text())
  }
  await post("/moto-api/config", "lambda", JSON.stringify({ lambda: { use_docker: false } }))
  const role = { Action: "CreateRole", Version: "2010-05-08", RoleName: name, AssumeRolePolicyDocument: "{}" }
  await post("/", "iam", new URLSearchParams(role))
  const Role = `arn:aws:iam::${MOTO_ACCOUNT}:role/${name}`
  const made = { FunctionName: name, Role, Runtime: "nodejs22.x", Handler: "x.handler", Code: { ZipFile: NOTHING } }
  await post("/2015-03-31/functions", "lambda", JSON.stringify(made))
  return functionNamed(name)
}

export function functionNamed(name: string): string {
  return `arn:aws:lambda:${MOTO_REGION}:${MOTO_ACCOUNT}:function:${name}`
}
