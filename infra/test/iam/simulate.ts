import { runSimulation, type Simulation } from "@cloud-copilot/iam-simulate"
import type { Document } from "./documents.ts"

/** `refused`: a statement denies it. `nothing`: none allows it. */
export type Answer = "allowed" | "refused" | "nothing"

export type Context = Readonly<Record<string, string | readonly string[]>>

export interface Request {
  /** An ARN, or a service of AWS. */
  readonly principal: string
  readonly action: string
  readonly resource: string
  readonly context: Context
}

export interface Simulated {
  readonly answer: Answer
  /** Names of the statements that matched, of those that decide. */
  readonly by: readonly string[]
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  Allowed: "allowed",
  ExplicitlyDenied: "refused",
  ImplicitlyDenied: "nothing",
}

const EVERYTHING = {
  Version: "2012-10-17",
  Statement: [{ Sid: "Everything", Effect: "Allow", Action: "*", Resource: "*" }],
}

export interface Policies {
  readonly identity: readonly Document[]
  readonly resource?: Document | undefined
  readonly endpoint?: Document | undefined
  /** The principal may do everything, as far as its own policies go. */
  readonly everything?: boolean | undefined
}

/** @throws Error for a request that AWS knows nothing like: an action, a resource's form, a condition key of another action */
export async function simulate(account: string, request: Request, policies: Policies): Promise<Simulated> {
  const identity = policies.identity.map((one) => ({ name: one.name, policy: documentOf(one) }))
  const simulation: Simulation = {
    request: {
      principal: request.principal,
      action: request.action,
      resource: { resource: request.resource, accountId: account },
      contextVariables: renamedKeys(contextOf(request)) as Record<string, string | string[]>,
    },
    identityPolicies: policies.everything ? [...identity, { name: "everything", policy: EVERYTHING }] : identity,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(policies.resource === undefined ? {} : { resourcePolicy: documentOf(policies.resource) }),
    ...(policies.endpoint === undefined
      ? {}
      : { vpcEndpointPolicies: [{ name: policies.endpoint.name, policy: documentOf(policies.endpoint) }] }),
  }
  const response = await runSimulation(simulation, {})
  if (response.resultType === "error") throw new Error(`${said(request)}: ${JSON.stringify(response.errors)}`)
  // Of an action that is asked about `*` there is one for each pattern of the policies, or none.
  const results = response.resultType === "single" ? [response.result] : response.results
  const ignored = results.flatMap(({ ignoredContextKeys = [] }) => ignoredContextKeys)
  if (ignored.length > 0) throw new Error(`${said(request)}: no keys of it: ${ignored.join(", ")}`)
  const parts = results.flatMap(({ analysis }) => partsOf(analysis))
  const answer = ANSWERS[response.overallResult]
  if (answer === undefined) throw new Error(`${said(request)}: ${response.overallResult}`)
  const matched = parts.flatMap((part) => (answer === "refused" ? part.denyStatements : part.allowStatements))
  return { answer, by: matched.map(({ explain }) => explain.identifier) }
}

type Analysis = Extract<Awaited<ReturnType<typeof runSimulation>>, { resultType: "single" }>["result"]["analysis"]

function partsOf({ identityAnalysis, resourceAnalysis, endpointAnalysis }: Analysis) {
  return [identityAnalysis, resourceAnalysis, endpointAnalysis].filter((part) => part !== undefined)
}

function documentOf({ statements }: Document) {
  const renamed = statements.map(({ Condition = {}, ...rest }) => ({
    ...rest,
    Condition: Object.fromEntries(Object.entries(Condition).map(([operator, keys]) => [operator, renamedKeys(keys)])),
  }))
  return { Version: "2012-10-17", Statement: renamed }
}

const CONTEXT_KEY = "kms:EncryptionContext:"
const TAKES_CONTEXT = /^kms:(Encrypt|Decrypt|GenerateDataKey\w*|ReEncrypt\w+|CreateGrant)$/

/** The simulator does not tell one encryption context from another; it does so with tags, which are compared alike. */
function renamedKeys<T>(keys: Readonly<Record<string, T>>): Record<string, T> {
  const renamed = (key: string): string =>
    key.startsWith(CONTEXT_KEY) ? `aws:PrincipalTag/context-${key.slice(CONTEXT_KEY.length).replaceAll(":", "-")}` : key
  return Object.fromEntries(Object.entries(keys).map(([key, value]) => [renamed(key), value]))
}

function contextOf(request: Request): Context {
  const { action, context } = request
  if (Object.keys(context).some((key) => key.startsWith(CONTEXT_KEY)) && !TAKES_CONTEXT.test(action))
    throw new Error(`${said(request)}: takes no encryption context`)
  return context
}

export function said({ principal, action, resource, context }: Request): string {
  const keys = Object.entries(context).map(([key, value]) => `${key}=${String(value)}`)
  return `${principal.split("/").at(-1)} ${action} ${resource} ${keys.join(" ")}`.trimEnd()
}
