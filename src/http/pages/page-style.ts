/** Contrast of every text and its ground is at least 4.5:1 in both schemes (WCAG 2.2, 1.4.3). */
export const PAGE_STYLE = `:root {
  color-scheme: light dark;
  --ground: #f3f4f7; --card: #ffffff; --line: #d5dae1; --edge: #7b8592;
  --text: #1a1f26; --soft: #56606d;
  --accent: #1d5bb8; --accent-strong: #164a98; --on-accent: #ffffff;
  --bad: #a11521; --bad-ground: #fdf0f0; --good: #14603a; --good-ground: #edf8f1; --warn: #6b4a00; --warn-ground: #fff4d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12151a; --card: #1a1f26; --line: #313944; --edge: #7d8896;
    --text: #e7eaee; --soft: #a5afbb;
    --accent: #7fb2ff; --accent-strong: #a5c9ff; --on-accent: #0c1a2e;
    --bad: #ffa4a4; --bad-ground: #35191c; --good: #8fdcb0; --good-ground: #14291e; --warn: #f5d48a; --warn-ground: #32280f;
  }
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
html { font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--text); padding: 0 1rem 3rem; }
.banner { margin: 0 -1rem; padding: .5rem 1rem; text-align: center; font-size: .9375rem; background: var(--warn-ground); color: var(--warn); }
header { display: flex; align-items: center; justify-content: center; gap: .5rem; padding: clamp(1.5rem, 8vh, 5rem) 0 1.25rem; font-weight: 600; letter-spacing: .005em; }
.mark { width: 1.625rem; height: 1.625rem; color: var(--accent); }
main { max-width: 26rem; margin: 0 auto; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: .875rem; box-shadow: 0 1px 2px rgb(0 0 0 / .04), 0 8px 24px rgb(0 0 0 / .05); }
h1 { margin: 0 0 .5rem; font-size: 1.375rem; line-height: 1.3; letter-spacing: -.01em; text-wrap: balance; }
h1:focus { outline: none; }
.lead { margin: 0 0 1.5rem; color: var(--soft); }
code { white-space: nowrap; font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.field { margin: 0 0 1.125rem; }
.field label { display: block; font-weight: 550; }
.hint, .field .error { margin: .125rem 0 0; font-size: .875rem; color: var(--soft); }
.field .error { margin-top: .375rem; color: var(--bad); }
.field .error:empty { display: none; }
.field :is(input, textarea) { width: 100%; margin-top: .375rem; padding: .625rem .75rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--edge); border-radius: .5rem; }
.field textarea { display: block; resize: vertical; }
.field :is(input, textarea)[aria-invalid="true"] { border-color: var(--bad); box-shadow: inset 0 0 0 1px var(--bad); }
.show { display: flex; align-items: center; gap: .5rem; width: fit-content; margin: 0 0 1.5rem; color: var(--soft); font-size: .9375rem; }
.show input { width: 1.0625rem; height: 1.0625rem; margin: 0; accent-color: var(--accent); }
button { width: 100%; min-height: 2.75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 1px solid transparent; border-radius: .5rem; cursor: pointer; }
button:hover { background: var(--accent-strong); }
button:disabled { opacity: .6; cursor: default; }
button.quiet { color: var(--accent); background: transparent; border-color: var(--edge); }
button.quiet:hover { background: var(--ground); }
.providers { display: grid; gap: .625rem; margin-top: 1.25rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
a.button { display: flex; align-items: center; justify-content: center; min-height: 2.75rem; padding: .5rem 1rem; font-weight: 600; text-align: center; text-decoration: none; overflow-wrap: anywhere; border: 1px solid var(--edge); border-radius: .5rem; }
a.button:hover { background: var(--ground); }
:is(input, textarea, button, a, summary):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); text-underline-offset: .15em; }
.problem, .notice { margin: 1rem 0 1.25rem; padding: .75rem .875rem; border-radius: .5rem; }
.problem { color: var(--bad); background: var(--bad-ground); border-left: 4px solid var(--bad); }
.problem:focus { outline: none; }
.problem:empty, .notice:empty { display: none; }
.problem p { margin: 0; }
.problem p + p { margin-top: .25rem; }
.problem a { color: inherit; }
.notice { color: var(--good); background: var(--good-ground); }
dl { margin: 1rem 0 1.5rem; border-top: 1px solid var(--line); }
dl div { display: flex; gap: 1rem; justify-content: space-between; padding: .625rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--soft); white-space: nowrap; }
dd { white-space: pre-line; }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-weight: 550; }
.after { margin-top: 1.25rem; }
.apart { margin-top: 2rem; }
.part + .part, .or { margin-top: 1rem; }
.or { margin-bottom: 1rem; display: flex; align-items: center; gap: .75rem; color: var(--soft); font-size: .875rem; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
form + button.quiet, form + .after, button + button.quiet { margin-top: .75rem; }
.row { display: flex; gap: .75rem; }
.row button + button.quiet { margin-top: 0; }
button.small { width: auto; min-height: 2.25rem; padding: .25rem .75rem; font-size: .9375rem; }
button.bad { color: var(--bad); }
h2 { margin: 0 0 .5rem; font-size: 1.1875rem; line-height: 1.3; }
h2:focus { outline: none; }
ul.ways { margin: 0 0 1.5rem; padding-left: 1.25rem; }
ul.items { margin: 0 0 1.5rem; padding: 0; list-style: none; border-top: 1px solid var(--line); }
ul.items:empty { display: none; }
ul.items li { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; padding: .75rem 0; border-bottom: 1px solid var(--line); }
ul.items li > div { flex: 1 1 100%; display: grid; min-width: 0; overflow-wrap: anywhere; }
ul.items li button + button.quiet { margin-top: 0; }
.soft { color: var(--soft); font-size: .9375rem; }
.quote { white-space: pre-line; }
.advice { margin: 0 0 1.25rem; padding: .75rem .875rem; border-radius: .5rem; color: var(--warn); background: var(--warn-ground); }
dialog { width: min(28rem, calc(100vw - 2rem)); max-height: calc(100vh - 2rem); padding: 1.5rem; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .875rem; box-shadow: 0 12px 48px rgb(0 0 0 / .3); }
dialog::backdrop { background: rgb(10 14 20 / .55); }
ol.steps { margin: 1rem 0; padding-left: 1.25rem; }
ol.steps > li + li { margin-top: 1.25rem; }
ol.steps form { margin-top: .75rem; }
.qr { width: min(13rem, 100%); margin: .75rem 0; overflow: hidden; border-radius: .5rem; border: 1px solid var(--line); }
.qr svg { display: block; width: 100%; }
.secret code, main.text code { white-space: normal; }
.secret { margin: .375rem 0 .75rem; padding: .625rem .75rem; font: .875rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; background: var(--ground); border-radius: .5rem; }
ul.codes { columns: 10.5rem 2; column-gap: 1rem; margin: 0 0 1.25rem; padding: .875rem 1rem; list-style: none; white-space: nowrap; font: .875rem/2 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--ground); border-radius: .5rem; }
button + .hint:not(.after) { margin-top: .5rem; }
dialog .row + button { margin-top: .75rem; }
ul.names { margin: 0 0 1.25rem; padding-left: 1.25rem; overflow-wrap: anywhere; font-weight: 550; }
main.wide { max-width: 44rem; }
main.wide dl div { justify-content: flex-start; }
main.wide dt { flex: 0 0 9rem; }
main.wide dd { flex: 1; text-align: left; }
main.wide form, main.wide .part { max-width: 26rem; }
.state { display: inline-block; margin: 0; padding: .125rem .625rem; border-radius: 1rem; font-size: .875rem; font-weight: 600; color: var(--text); background: var(--ground); border: 1px solid var(--line); }
.state[data-state="pending"] { color: var(--warn); background: var(--warn-ground); }
.state[data-state="approved"], .state[data-state="reviewed"] { color: var(--good); background: var(--good-ground); }
.state[data-state="denied"], .state[data-state="void"] { color: var(--bad); background: var(--bad-ground); }
.scroll { overflow-x: auto; margin: 0 0 1.5rem; }
main.wide table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
main.wide caption { padding: 0 0 .5rem; text-align: left; color: var(--soft); overflow-wrap: anywhere; }
main.wide :is(th, td) { padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top; font-weight: 400; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
main.wide th[scope="col"] { color: var(--soft); }
main.wide tr.changed :is(th, td:last-child) { font-weight: 600; }
.badge { padding: 0 .4375rem; border-radius: 1rem; font-size: .8125rem; font-weight: 600; color: var(--warn); background: var(--warn-ground); }
details { margin: 0 0 1.5rem; }
details.deny { margin: 1.25rem 0 0; }
summary { width: fit-content; color: var(--accent); cursor: pointer; }
details[open] > summary { margin-bottom: .75rem; }
main.text { max-width: 62rem; }
main.text h2 { margin: 2.5rem 0 .75rem; font-size: 1.25rem; }
main.text h3 { margin: 0 0 .25rem; font-size: 1rem; overflow-wrap: anywhere; }
main.text ul.routes { margin: 0; padding: 0; list-style: none; columns: 24rem; }
main.text article { margin: 1.5rem 0; padding-top: 1.25rem; border-top: 1px solid var(--line); }
main.text h4 { margin: 1rem 0 .25rem; font-size: .875rem; color: var(--soft); }
main.text table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
main.text :is(th, td) { padding: .3rem .75rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
main.text pre { margin: .25rem 0; padding: .75rem; overflow-x: auto; font-size: .875rem; background: var(--ground); border-radius: .5rem; }
.method { display: inline-block; min-width: 5em; color: var(--accent); }
@media (max-width: 30rem) {
  main { padding: 1.5rem 1.25rem; }
  header { padding-top: 1.5rem; }
}
@media (max-width: 30rem) {
  main.wide dl div { display: block; }
  dialog { padding: 1.25rem; }
}
@media print {
  body { padding: 0; background: #fff; color: #000; }
  header, .banner, main:has(dialog[open]) > :not(dialog), .noprint { display: none !important; }
  dialog::backdrop { display: none; }
  main, dialog, .lead { color: #000; }
  main, dialog { border: 0; box-shadow: none; background: #fff; }
}
@media (forced-colors: active) {
  .field :is(input, textarea)[aria-invalid="true"] { border-width: 3px; }
}
`
