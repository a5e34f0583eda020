import { TylerError } from "../core/errors.ts"
import type { Json } from "../core/json.ts"
import type { Origin } from "../core/principal.ts"
import type { SignedRequest } from "../identity/sigv4.ts"
import { recordRefusal } from "../operations/perform.ts"
import type { Caller } from "../operations/service.ts"
import { type Authenticate, signatures } from "./authenticate.ts"
import { readAwsJson, readInput } from "./body.ts"
import type { Desk } from "./desk.ts"
import { AwsError, statusOf, toldBy } from "./errors.ts"
import type { Operation } from "./operation.ts"
import { operationOf } from "./table.ts"

export interface AwsRequest extends SignedRequest {
  readonly body: Buffer
  /** The header X-Amz-Target; of two, neither: the signature's check has refused them by then. */
  readonly targetHeader: string | undefined
  readonly contentType: string | undefined
}

export interface AwsAnswer {
  readonly status: number
  readonly body: string
  /** Undefined: it was no refusal. In the service's own words. */
  readonly refusal: TylerError | undefined
}

export interface AwsEndpoint {
  answer(request: AwsRequest, origin: Origin): Promise<AwsAnswer>
  /** A refusal that came before the body could be read. */
  refuse(error: TylerError, origin: Origin): AwsAnswer
}

const MEDIA = /^application\/x-amz-json-1\.1(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?[ \t]*$/i

export function awsEndpoint(desk: Desk): AwsEndpoint {
  const authenticate = signatures(desk)
  return {
    async answer(request, origin) {
      const asked: Asked = { json: {} }
      try {
        const answer = await answered(desk, authenticate, request, origin, asked)
        return { status: 200, body: JSON.stringify(answer), refusal: undefined }
      } catch (error) {
        return refusalOf(desk, error, origin, asked.json)
      }
    },
    refuse: (error, origin) => refusalOf(desk, error, origin, {}),
  }
}

/** What was asked, as far as it could be read. */
interface Asked {
  json: Record<string, Json>
}

/** First who asks, then what for: whoever has no key learns nothing. */
async function answered(
  desk: Desk,
  authenticate: Authenticate,
  request: AwsRequest,
  origin: Origin,
  asked: Asked,
): Promise<object> {
  const signed = authenticate(request, origin)
  const caller = signed instanceof Promise ? await signed : signed
  const operation = MEDIA.test(request.contentType ?? "") ? operationOf(request.targetHeader) : undefined
  if (operation === undefined) throw new AwsError("UnknownOperationException", "There is no such operation here")
  let input: unknown
  try {
    if (operation.reads === true) desk.takeReads(caller.principal, 1)
    asked.json = readAwsJson(request.body)
    input = readInput(operation.input, asked.json)
  } catch (error) {
    throw await recorded(desk, caller, operation, asked.json, error)
  }
  try {
    return await operation.run(desk, caller, input as never)
  } catch (error) {
    throw await recorded(desk, caller, operation, asked.json, error)
  }
}

/** A refusal that never reached its verb gets its entry here, as on the routes of the REST API. */
async function recorded(
  desk: Desk,
  caller: Caller,
  { action }: Operation,
  json: Record<string, Json>,
  error: unknown,
): Promise<unknown> {
  const refusal = error instanceof AwsError ? error.cause : error
  if (!(refusal instanceof TylerError) || refusal.recorded) return error
  const named = json["SecretId"] ?? json["Name"]
  const resourceName = typeof named === "string" ? named : "ALL"
  try {
    await recordRefusal(desk.service, caller, { action, resourceType: "secret", resourceName, reason: null }, refusal)
    return error
  } catch (fault) {
    return fault
  }
}

function refusalOf(desk: Desk, thrown: unknown, origin: Origin, json: Readonly<Record<string, Json>>): AwsAnswer {
  const error = thrown instanceof AwsError || thrown instanceof TylerError ? thrown : unforeseen(thrown)
  const { code, message } = toldBy(desk, origin, error, json["SecretId"])
  const refusal = error instanceof AwsError ? error.cause : error
  return { status: statusOf(code), body: JSON.stringify({ __type: code, Message: message }), refusal }
}

/** A foreign error's class is enough for the log; its message may hold a value. */
function unforeseen(thrown: unknown): TylerError {
  const name = thrown instanceof Error ? thrown.name : typeof thrown
  const at = thrown instanceof Error ? thrown.stack?.split("\n").find((line) => line.startsWith("    at ")) : ""
  return new TylerError("internal", {}, `${name} ${at ?? ""}`)
}
