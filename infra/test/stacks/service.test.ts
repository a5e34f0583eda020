import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { resolver } from "../iam/resolve.ts"
import { list, type Part, text } from "../part.ts"
import { allOf, only } from "../resources.ts"
import { example, synthesise, type Template } from "../synthesis.ts"

const synthesis = example()
const { templates } = synthesis
const resolve = resolver(synthesis)
const service = templates["service"] as Template

interface ServiceConfig {
  readonly warnings: readonly string[]
  readonly listen: { readonly trustedProxies: readonly unknown[] }
  readonly store: object | null
  readonly mirrors: { readonly s3: object | null; readonly logs: object | null }
  readonly metrics: object | null
  readonly database: { readonly url: string } | null
}

/** The service's own parser. Its types stand on packages that are not installed here; what it runs on does not. */
async function parsed(env: Record<string, string>): Promise<ServiceConfig> {
  const parser: string = new URL("../../../src/main/config.ts", import.meta.url).href
  const { parseConfig } = (await import(parser)) as {
    parseConfig: (env: Record<string, string>) => { config: ServiceConfig } | { faults: readonly string[] }
  }
  const answer = parseConfig(env)
  assert.ok("config" in answer, JSON.stringify(answer))
  return answer.config
}

const containers = allOf("AWS::ECS::TaskDefinition", templates).flatMap(({ Properties }) =>
  list(Properties["ContainerDefinitions"]),
)
const tyler = containers.find(({ Name }) => text(Name) === "tyler") as Part

test("the service runs twice at least, as nobody, on a root that it cannot write", () => {
  const { Properties } = only("AWS::ECS::Service", templates)
  assert.equal(Properties["DesiredCount"], 2)
  const { DeploymentCircuitBreaker: breaker, MinimumHealthyPercent: least } = Properties[
    "DeploymentConfiguration"
  ] as Part
  assert.deepEqual([breaker, least], [{ Enable: true, Rollback: true }, 100])
  assert.equal(Properties["NetworkConfiguration"]?.["AwsvpcConfiguration"]?.["AssignPublicIp"], "DISABLED")
  assert.equal(Properties["EnableExecuteCommand"], false)
  assert.equal(containers.length, 2)
  for (const { ReadonlyRootFilesystem, User, LinuxParameters, Privileged, Image } of containers) {
    assert.equal(ReadonlyRootFilesystem, true)
    assert.match(text(User), /^[1-9][0-9]*$/)
    assert.deepEqual(LinuxParameters?.["Capabilities"]?.["Drop"], ["ALL"])
    assert.equal(Privileged, undefined)
    assert.match(text(Image), /@sha256:/)
  }
  const { Properties: scaling } = only("AWS::ApplicationAutoScaling::ScalableTarget", templates)
  assert.deepEqual([scaling["MinCapacity"], scaling["MaxCapacity"]], [2, 6])
})

test("clients speak TLS 1.3, or 1.2 where that was asked for", () => {
  const listener = (of = templates) => only("AWS::ElasticLoadBalancingV2::Listener", of).Properties
  assert.equal(listener()["SslPolicy"], "ELBSecurityPolicy-TLS13-1-3-2021-06")
  const older = synthesise((json) => Object.assign(json["service"] ?? {}, { tls: "1.2" }))
  assert.equal(listener(older.templates)["SslPolicy"], "ELBSecurityPolicy-TLS13-1-2-2021-06")
  assert.deepEqual([listener()["Port"], listener()["Protocol"]], [443, "HTTPS"])
})

test("the service takes its variables, and none of them is secret", async () => {
  const env = environment()
  assert.deepEqual(
    list(tyler["Secrets"]).map(({ Name }) => text(Name)),
    ["REDIS_URL"],
  )
  assert.doesNotMatch(JSON.stringify(env), /password|secret:/i)
  const config = await parsed({ ...env, REDIS_URL: "rediss://:password@cache.example:6380" })
  const { listen, store, mirrors, metrics, database, warnings } = config
  assert.deepEqual(warnings, [])
  assert.equal(listen.trustedProxies.length, 2)
  assert.ok(store !== null && mirrors.s3 !== null && mirrors.logs !== null && metrics !== null)
  assert.equal(
    database?.url,
    "postgres://tyler@database.example:5433/tyler?sslmode=verify-full&sslrootcert=/etc/tyler/rds-authorities.pem&aws-iam=eu-central-1",
  )
})

test("Node, user and volumes are those of the image that the Dockerfile makes", () => {
  const dockerfile = readFileSync(new URL("../../../Dockerfile", import.meta.url), "utf8")
  const said = (word: string): string => new RegExp(`^${word} (.*)$`, "m").exec(dockerfile)?.[1] ?? assert.fail(word)
  const [node] = JSON.parse(said("ENTRYPOINT")) as string[]
  assert.equal(text(list(tyler["HealthCheck"]?.["Command"])[1]), node)
  assert.equal(said("USER").split(":")[0], text(tyler["User"]))
  const mounted = list(tyler["MountPoints"]).map((one) => one["ContainerPath"])
  assert.deepEqual(mounted, JSON.parse(said("VOLUME")))
  assert.deepEqual([environment()["TYLER_DATA_DIR"], environment()["TYLER_MIRROR_DIR"]], mounted)
})

const environment = (): Record<string, string> =>
  Object.fromEntries(
    list(resolve(tyler["Environment"], service) as Part).map(({ Name, Value }) => [text(Name), text(Value)]),
  )

/** The container's check as it is, but for where things lie in the image. */
async function probeAt(port: number): Promise<number> {
  const [kind, node, program, ...args] = list(tyler["HealthCheck"]?.["Command"]).map(text)
  assert.deepEqual([kind, node, program], ["CMD", "/app/node_modules/.bin/node", "/app/bin/tyler-server.js"])
  const here = fileURLToPath(new URL("../../../bin/tyler-server.js", import.meta.url))
  const env = { ...environment(), REDIS_URL: "rediss://:password@cache.example:6380", PORT: `${port}` }
  // No PATH: nothing but Node is there.
  const child = spawn(process.execPath, [here, ...args], { env, stdio: "ignore" })
  return Number((await once(child, "exit"))[0])
}

test("the container's own check is tyler-server health, by the name that is answered, and asks whether it lives", async () => {
  const seen: string[] = []
  let status = 200
  const server = createServer((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`)
    response.writeHead(status).end()
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const { port } = server.address() as AddressInfo
  assert.equal(await probeAt(port), 0)
  status = 503
  assert.equal(await probeAt(port), 1)
  server.closeAllConnections()
  await once(server.close(), "close")
  assert.equal(await probeAt(port), 1, "nobody there")
  assert.deepEqual(seen, ["tyler.example.com /api/health", "tyler.example.com /api/health"])
})

test("the balancer takes a ready task and nothing else, and leaves one that ends before it does", () => {
  const group = only("AWS::ElasticLoadBalancingV2::TargetGroup", templates).Properties
  const checks = [group["HealthCheckPath"], group["Matcher"]?.["HttpCode"], group["HealthCheckProtocol"] ?? "HTTP"]
  assert.deepEqual(
    checks.map((one) => text(one as Part)),
    ["/api/ready", "200", "HTTP"],
  )
  const seconds = (name: string): number => Number(group[name])
  const noticed =
    seconds("HealthCheckIntervalSeconds") * seconds("UnhealthyThresholdCount") + seconds("HealthCheckTimeoutSeconds")
  const drain = Number(environment()["TYLER_DRAIN_SECONDS"])
  const stop = Number(tyler["StopTimeout"])
  assert.ok(drain > noticed, `${drain} s of drain, noticed after ${noticed} s`)
  // src/main/compose.ts: 10 s for requests; then mirrors have 5 s, and notices, rotations and metrics 2 s each.
  assert.ok(stop >= drain + 25 && stop <= 120, `${stop} s until the kill`)
})
