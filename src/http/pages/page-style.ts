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
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.field { margin: 0 0 1.125rem; }
.field label { display: block; font-weight: 550; }
.hint, .field .error { margin: .125rem 0 0; font-size: .875rem; color: var(--soft); }
.field .error { margin-top: .375rem; color: var(--bad); }
.field .error:empty { display: none; }
.field input { width: 100%; margin-top: .375rem; padding: .625rem .75rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--edge); border-radius: .5rem; }
.field input[aria-invalid="true"] { border-color: var(--bad); box-shadow: inset 0 0 0 1px var(--bad); }
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
:is(input, button, a):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
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
dt { color: var(--soft); }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-weight: 550; }
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
@media (forced-colors: active) {
  .field input[aria-invalid="true"] { border-width: 3px; }
}
`
