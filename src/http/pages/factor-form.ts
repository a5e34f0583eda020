import { field } from "./layout.ts"

/** The two ways to show a second factor, for the inside of a form. The script hides what the person does not have. */
export const passkeyPart = `<div class="part" data-part="passkey" hidden>
<button type="button" data-passkey>Use a passkey</button>
</div>
<p class="or" data-part="or" hidden>or</p>`

/** @param id of the input, unique in its page. @param action what the button says */
export function codePart(id: string, action = "Continue"): string {
  return `<div class="part" data-part="code">
${field({ id, label: "Code", type: "text", autocomplete: "one-time-code", hint: "Six digits from your app, or a recovery code." })}
<button type="submit" disabled>${action}</button>
</div>`
}
