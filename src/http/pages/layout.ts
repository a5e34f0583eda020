export const STYLE_PATH = "/assets/page.css"
export const SCRIPT_PATH = "/assets/page.js"
export const ICON_PATH = "/assets/icon.svg"

export interface PageFacts {
  /** Shown on the page, so that nobody takes it for the real thing. */
  readonly development: boolean
}

const SHACKLE = `<path d="M10 14v-3a6 6 0 0 1 12 0v3" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round"/>`
const BODY = `<rect x="6" y="14" width="20" height="13" rx="3.5" fill="currentColor"/>`
const MARK = `<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">${SHACKLE}${BODY}</svg>`

/** The mark on its own, in a blue that shows on light and dark tabs. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" color="#3f83e8">${SHACKLE}${BODY}</svg>`

/** What a script does that several pages or one of them need. */
export const FACTOR_SCRIPT_PATH = "/assets/factor.js"
export const SIGN_IN_SCRIPT_PATH = "/assets/sign-in.js"
export const FACTORS_SCRIPT_PATH = "/assets/factors.js"
export const LINKS_SCRIPT_PATH = "/assets/links.js"
export const QR_SCRIPT_PATH = "/assets/qr.js"
export const STEP_UP_SCRIPT_PATH = "/assets/step-up.js"
export const APPROVE_SCRIPT_PATH = "/assets/approve.js"
export const REQUEST_SCRIPT_PATH = "/assets/request.js"

/** `form`: a card with a script behind it. `wide`: the same for what needs room. `text`: to read, without script. */
export type PageKind = "form" | "wide" | "text"

/** The frame around a page. `main` is our own markup: nothing a caller wrote ever stands in a page. */
export function layout(
  title: string,
  facts: PageFacts,
  main: string,
  kind: PageKind = "form",
  scripts: readonly string[] = [SCRIPT_PATH],
): string {
  const banner = facts.development ? `<p class="banner">Development mode: not for real secrets.</p>\n` : ""
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · Tyler Setup</title>
<link rel="icon" type="image/svg+xml" href="${ICON_PATH}">
<link rel="stylesheet" href="${STYLE_PATH}">
${kind === "text" ? "" : scripts.map((path) => `<script src="${path}" defer></script>\n`).join("")}</head>
<body>
${banner}<header>${MARK}<span>Tyler Setup</span></header>
<main${kind === "form" ? "" : ` class="${kind}"`}>
${main}
</main>
</body>
</html>
`
}

export interface Field {
  readonly id: string
  readonly label: string
  readonly type: "text" | "password"
  readonly autocomplete: "username" | "current-password" | "new-password" | "one-time-code" | "off"
  readonly hint?: string
}

/** A labelled input with room for its hint and its error, both tied to it for screen readers. */
export function field({ id, label, type, autocomplete, hint }: Field): string {
  const describedBy = hint === undefined ? `${id}-error` : `${id}-hint ${id}-error`
  return `<div class="field" id="${id}-field">
<label for="${id}">${label}</label>
${hint === undefined ? "" : `<p class="hint" id="${id}-hint">${hint}</p>\n`}<input id="${id}" name="${id}" type="${type}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false" required aria-describedby="${describedBy}">
<p class="error" id="${id}-error"></p>
</div>`
}

/** A labelled text of several lines. */
export function area({ id, label, hint }: Pick<Field, "id" | "label" | "hint">): string {
  return `<div class="field" id="${id}-field">
<label for="${id}">${label}</label>
<p class="hint" id="${id}-hint">${hint}</p>
<textarea id="${id}" name="${id}" rows="3" maxlength="1000" required aria-describedby="${id}-hint ${id}-error"></textarea>
<p class="error" id="${id}-error"></p>
</div>`
}

/** Where the script says what went wrong: in the last one that can be seen. Empty alerts are silent. */
export function problemBox(id: string): string {
  return `<div class="problem" id="${id}" role="alert" tabindex="-1"></div>`
}

export const PROBLEM = problemBox("problem")

export const NEEDS_SCRIPT = `<noscript><p class="problem">This page needs JavaScript, which is turned off here. Turn it on for this site, or use the HTTP API.</p></noscript>`
