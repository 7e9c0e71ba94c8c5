import { run } from "./src/program.ts";
import { denoSystem, endWith, processArguments } from "./src/system/deno/system.ts";

if (import.meta.main) endWith(await run(processArguments(), denoSystem()));
