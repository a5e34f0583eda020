import { field, layout, NEEDS_SCRIPT, type PageFacts, PROBLEM } from "./layout.ts"

/**
 * Makes the first admin. The setup token comes in the link's fragment, which browsers never send; the script takes it
 * from there and clears the address. The button works only once the script runs, so a password is never sent as a form.
 */
export function setupPage(facts: PageFacts): string {
  return layout(
    "Set up the first admin",
    facts,
    `<h1>Set up the first admin</h1>
<p class="lead">This account decides who may use which secret. The link works once.</p>
${NEEDS_SCRIPT}
${PROBLEM}
<form id="setup" method="post" action="/api/setup" novalidate>
<div id="token-row" hidden>
${field({ id: "token", label: "Setup token", type: "text", autocomplete: "off", hint: "Printed by the server when it starts." })}
</div>
${field({ id: "username", label: "User name", type: "text", autocomplete: "username" })}
${field({ id: "password", label: "Password", type: "password", autocomplete: "new-password", hint: "15 to 128 characters. Several words do well." })}
${field({ id: "again", label: "Password again", type: "password", autocomplete: "new-password" })}
<label class="show"><input type="checkbox" id="show" data-shows="password again"> Show passwords</label>
<button type="submit" disabled>Create the admin account</button>
</form>`,
  )
}
