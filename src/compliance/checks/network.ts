import { type Look, ok, unused, warn } from "../finding.ts"
import type { Observed } from "../observed.ts"

export function endpointsPrivate({ deployment }: Observed): Look {
  const { endpoints } = deployment
  if (endpoints.length === 0) return unused("nothing of AWS is asked")
  const figure = endpoints.map(({ service, host, reach }) => `${service} ${host}: ${reach}`).join("; ")
  if (endpoints.some(({ reach }) => reach === "global" || reach === "unresolved"))
    return warn(
      figure,
      "make interface endpoints with private DNS for these services, or set AWS_ENDPOINT_URL_...; a gateway endpoint of S3 does not show in names",
    )
  return ok(figure)
}
