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

/** `form`: a card with a script behind it. `text`: something to read, without script. */
export type PageKind = "form" | "text"

/** The frame around a page. `main` is our own markup: nothing a caller wrote ever stands in a page. */
export function layout(title: string, facts: PageFacts, main: string, kind: PageKind = "form"): string {
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
${kind === "form" ? `<script src="${SCRIPT_PATH}" defer></script>\n` : ""}</head>
<body>
${banner}<header>${MARK}<span>Tyler Setup</span></header>
<main${kind === "text" ? ' class="text"' : ""}>
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
  readonly autocomplete: "username" | "current-password" | "new-password" | "off"
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

/** Where the script says what went wrong. Empty alerts are silent; text put into one is read out. */
export const PROBLEM = `<div class="problem" id="problem" role="alert" tabindex="-1"></div>`

export const NEEDS_SCRIPT = `<noscript><p class="problem">This page needs JavaScript, which is turned off here. Turn it on for this site, or use the HTTP API.</p></noscript>`
