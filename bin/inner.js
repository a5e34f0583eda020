import { run } from "./launch.js"

const [program, ...argv] = process.argv.slice(2)
await run(program, argv)
