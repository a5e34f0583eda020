import { ICON, ICON_PATH, SCRIPT_PATH, STYLE_PATH } from "./pages/layout.ts"
import { PAGE_SCRIPT } from "./pages/page-script.ts"
import { PAGE_STYLE } from "./pages/page-style.ts"

/** `/setup` and `/login`: the whole of what browsers are served until there is a console. */
export { pageHeaders } from "./pages/headers.ts"
export { loginPage } from "./pages/login-page.ts"
export { setupPage } from "./pages/setup-page.ts"

export interface PageAsset {
  readonly type: string
  readonly body: string
}

/** By path. Served with `pageHeaders` like the pages. */
export const pageAssets: Readonly<Record<string, PageAsset>> = {
  [STYLE_PATH]: { type: "text/css; charset=utf-8", body: PAGE_STYLE },
  [SCRIPT_PATH]: { type: "text/javascript; charset=utf-8", body: PAGE_SCRIPT },
  [ICON_PATH]: { type: "image/svg+xml", body: ICON },
}
