import type { Row } from "./row.ts"
import { ENDPOINT_ROWS } from "./rows-endpoints.ts"
import { KEY_ROWS } from "./rows-keys.ts"
import { PEOPLE_ROWS } from "./rows-people.ts"
import { RESOURCE_ROWS } from "./rows-resources.ts"
import { SERVICE_ROWS } from "./rows-service.ts"
import { STORE_ROWS } from "./rows-store.ts"
import { TRUST_ROWS } from "./rows-trusts.ts"

/** The whole table. */
export const ROWS: readonly Row[] = [
  ...STORE_ROWS,
  ...SERVICE_ROWS,
  ...PEOPLE_ROWS,
  ...TRUST_ROWS,
  ...KEY_ROWS,
  ...RESOURCE_ROWS,
  ...ENDPOINT_ROWS,
]
