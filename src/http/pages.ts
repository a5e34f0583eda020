import { QR_SCRIPT } from "../core/qr.ts"
import { APPROVE_SCRIPT } from "./pages/approve-script.ts"
import { FACTOR_SCRIPT } from "./pages/factor-script.ts"
import { FACTORS_SCRIPT } from "./pages/factors-script.ts"
import { LINKS_SCRIPT } from "./pages/links-script.ts"
import {
  APPROVE_SCRIPT_PATH,
  FACTOR_SCRIPT_PATH,
  FACTORS_SCRIPT_PATH,
  ICON,
  ICON_PATH,
  LINKS_SCRIPT_PATH,
  QR_SCRIPT_PATH,
  REQUEST_SCRIPT_PATH,
  SCRIPT_PATH,
  SIGN_IN_SCRIPT_PATH,
  STEP_UP_SCRIPT_PATH,
  STYLE_PATH,
} from "./pages/layout.ts"
import { PAGE_SCRIPT } from "./pages/page-script.ts"
import { PAGE_STYLE } from "./pages/page-style.ts"
import { REQUEST_SCRIPT } from "./pages/request-script.ts"
import { SIGN_IN_SCRIPT } from "./pages/sign-in-script.ts"
import { STEP_UP_SCRIPT } from "./pages/step-up-script.ts"

/** The small pages: setting up, signing in, second factors, step-up, asking and approvals. */
export { approvalsPage, approvePage } from "./pages/approve-page.ts"
export { factorsPage } from "./pages/factors-page.ts"
export { pageHeaders } from "./pages/headers.ts"
export { loginPage } from "./pages/login-page.ts"
export { requestPage } from "./pages/request-page.ts"
export { setupPage } from "./pages/setup-page.ts"
export { stepUpPage } from "./pages/step-up-page.ts"

export interface PageAsset {
  readonly type: string
  readonly body: string
}

const script = (body: string): PageAsset => ({ type: "text/javascript; charset=utf-8", body })

/** By path. Served with `pageHeaders` like the pages. */
export const pageAssets: Readonly<Record<string, PageAsset>> = {
  [STYLE_PATH]: { type: "text/css; charset=utf-8", body: PAGE_STYLE },
  [SCRIPT_PATH]: script(PAGE_SCRIPT),
  [FACTOR_SCRIPT_PATH]: script(FACTOR_SCRIPT),
  [SIGN_IN_SCRIPT_PATH]: script(SIGN_IN_SCRIPT),
  [FACTORS_SCRIPT_PATH]: script(FACTORS_SCRIPT),
  [LINKS_SCRIPT_PATH]: script(LINKS_SCRIPT),
  [QR_SCRIPT_PATH]: script(QR_SCRIPT),
  [STEP_UP_SCRIPT_PATH]: script(STEP_UP_SCRIPT),
  [APPROVE_SCRIPT_PATH]: script(APPROVE_SCRIPT),
  [REQUEST_SCRIPT_PATH]: script(REQUEST_SCRIPT),
  [ICON_PATH]: { type: "image/svg+xml", body: ICON },
}
